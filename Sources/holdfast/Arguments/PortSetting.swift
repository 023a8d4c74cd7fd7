import ArgumentParser

/// A port that may be switched off: `7413`, `0` for any free one, or `off`.
enum PortSetting: Hashable, Sendable, ExpressibleByArgument {
    case off
    case port(Int)

    init?(argument: String) {
        if argument == "off" {
            self = .off
            return
        }
        guard let port = Int(argument), (0...65_535).contains(port) else { return nil }
        self = .port(port)
    }

    /// The port; `nil` where it is off.
    var port: Int? {
        switch self {
        case .off: nil
        case .port(let port): port
        }
    }
}
