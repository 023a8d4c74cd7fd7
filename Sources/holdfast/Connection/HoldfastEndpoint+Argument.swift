public import ArgumentParser
public import HoldfastClient

extension HoldfastEndpoint: ExpressibleByArgument {
    /// Where `holdfast dev` listens unless it is told otherwise.
    static let standard = HoldfastEndpoint(host: "127.0.0.1")

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    public init?(argument: String) {
        self.init(argument)
    }
}

/// The servers of a service as they are written on the command line: `HOST:PORT[,HOST:PORT]`.
struct ServerList: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// In the order given, at least one.
    var endpoints: [HoldfastEndpoint]

    /// Reads a list.
    init?(argument: String) {
        do {
            endpoints = try HoldfastEndpoint.list(argument)
        } catch {
            return nil
        }
    }

    /// The list as it is written.
    var description: String { endpoints.map(\.description).joined(separator: ",") }
}
