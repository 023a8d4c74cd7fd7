public import NIOCore

/// Where a Redis server is and how it is spoken to.
public struct RedisConfiguration: Sendable {
    /// The place where a server listens.
    public enum Address: Hashable, Sendable {
        /// A host name or an IP address, and a port.
        case tcp(host: String, port: Int)

        /// The path of a unix socket.
        case unix(path: String)
    }

    /// Where the server listens.
    public var address: Address

    /// The user for `AUTH`; nil is the server's default user.
    public var username: String?

    /// The password for `AUTH`; nil sends no `AUTH`.
    public var password: String?

    /// The database number, chosen by `SELECT` unless it is 0.
    public var database: Int = 0

    /// The name that `CLIENT LIST` shows; it may not hold spaces.
    public var clientName: String? = "holdfast"

    /// The time in which a connection must be made, its greeting included.
    ///
    /// Default: 2 s.
    public var connectTimeout: TimeAmount = .seconds(2)

    /// The time in which a reply must come; past it the connection is closed.
    ///
    /// Default: 2 s.
    public var commandTimeout: TimeAmount = .seconds(2)

    /// The pause before the first attempt to reconnect; it doubles with each further one.
    ///
    /// Default: 20 ms.
    public var minimumReconnectDelay: TimeAmount = .milliseconds(20)

    /// The longest pause between two attempts to reconnect.
    ///
    /// Default: 1 s.
    public var maximumReconnectDelay: TimeAmount = .seconds(1)

    /// The number of commands that one link may have in flight.
    ///
    /// Default: 16,384.
    public var maximumInFlightCommands: Int = 16_384

    /// The bytes of the commands that one link may have in flight.
    ///
    /// Default: 64 MiB.
    public var maximumInFlightBytes: Int = 64 << 20

    /// The longest reply, in bytes.
    ///
    /// Default: 64 MiB.
    public var maximumReplyBytes: Int = 64 << 20

    /// The most elements of one reply, nested ones included.
    ///
    /// Default: 1,048,576.
    public var maximumReplyElements: Int = 1 << 20

    /// Makes a configuration with the defaults for everything but the address.
    public init(address: Address, username: String? = nil, password: String? = nil, database: Int = 0) {
        self.address = address
        self.username = username
        self.password = password
        self.database = database
    }
}

extension RedisConfiguration: CustomStringConvertible {
    /// The address and the database; never the credentials.
    public var description: String {
        switch self.address {
        case .tcp(let host, let port): "redis://\(host.contains(":") ? "[\(host)]" : host):\(port)/\(self.database)"
        case .unix(let path): "unix:\(path)?db=\(self.database)"
        }
    }
}
