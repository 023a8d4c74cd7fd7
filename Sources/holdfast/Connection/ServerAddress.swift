import ArgumentParser

/// Where a server listens.
struct ServerAddress: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// Name or address of the host.
    var host: String
    /// TCP port, 1 to 65,535.
    var port: Int

    /// Where `holdfast dev` listens unless it is told otherwise.
    static let standard = ServerAddress(host: "127.0.0.1", port: 7411)

    /// Makes an address.
    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (1...65_535).contains(port)
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    /// The address as it is written on the command line.
    var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
