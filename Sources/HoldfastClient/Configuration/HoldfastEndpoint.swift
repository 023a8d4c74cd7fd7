/// Where one server of the service listens.
public struct HoldfastEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// Name or numeric address of the host.
    public var host: String
    /// TCP port of the framed transport, 1 to 65,535.
    public var port: Int

    /// The port that a server listens on unless it is told otherwise.
    public static let standardPort = 7411

    /// Makes an endpoint.
    public init(host: String, port: Int = standardPort) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    ///
    /// `nil` where the text is neither.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let port = Int(digits), (1...65_535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("[") && host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || $0 == "," }) else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Reads one endpoint or several, with commas between them.
    ///
    /// ```swift
    /// let endpoints = try HoldfastEndpoint.list("oms-1:7411,oms-2:7411")
    /// ```
    ///
    /// - Parameter text: `HOST:PORT[,HOST:PORT …]`.
    /// - Returns: The endpoints in their order, at least one.
    /// - Throws: ``HoldfastConfigurationError`` where a part of it is no endpoint.
    public static func list(_ text: String) throws(HoldfastConfigurationError) -> [HoldfastEndpoint] {
        var endpoints: [HoldfastEndpoint] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let endpoint = HoldfastEndpoint(part) else {
                throw HoldfastConfigurationError("\"\(part)\" is not HOST:PORT")
            }
            endpoints.append(endpoint)
        }
        return endpoints
    }

    /// The endpoint as it is written: `host:port`.
    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
