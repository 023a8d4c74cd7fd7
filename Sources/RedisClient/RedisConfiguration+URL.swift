extension RedisConfiguration {
    /// Reads a URL.
    ///
    /// `redis://[user[:password]@]host[:port][/database]`, or `unix:/path[?db=database]` with
    /// `unix://[user[:password]@]/path` for credentials. User, password and path may be percent-encoded. The port is
    /// 6379 when it is not given. `redis://:password@host` names no user.
    ///
    /// - Parameter url: the URL.
    /// - Throws: ``RedisError`` of the code ``RedisError/Code/invalidConfiguration``; its message never repeats the URL,
    ///   which may hold a password.
    public init(url: String) throws(RedisError) {
        if let rest = Self.rest(of: url, after: "redis://") {
            try self.init(tcp: rest)
        } else if let rest = Self.rest(of: url, after: "unix://") ?? Self.rest(of: url, after: "unix:") {
            try self.init(unix: rest)
        } else if Self.rest(of: url, after: "rediss://") != nil {
            throw Self.invalid("TLS (rediss:) is not supported; use redis: or unix:")
        } else {
            throw Self.invalid("it must begin with redis:// or unix:/")
        }
    }

    private init(tcp text: Substring) throws(RedisError) {
        let slash = text.firstIndex(of: "/")
        let authority = text[..<(slash ?? text.endIndex)]
        let path = slash.map { text[text.index(after: $0)...] } ?? ""
        let (credentials, place) = Self.splitAuthority(authority)
        let (host, port) = try Self.hostAndPort(place)
        self.init(address: .tcp(host: host, port: port))
        try self.read(credentials: credentials)
        if !path.isEmpty { try self.read(database: path) }
    }

    private init(unix text: Substring) throws(RedisError) {
        let question = text.firstIndex(of: "?")
        let place = text[..<(question ?? text.endIndex)]
        guard let slash = place.firstIndex(of: "/") else { throw Self.invalid("the socket's path must be absolute") }
        let authority = place[..<slash]
        guard authority.isEmpty || authority.hasSuffix("@") else {
            throw Self.invalid("the socket's path must be absolute")
        }
        self.init(address: .unix(path: try Self.decode(place[slash...])))
        try self.read(credentials: authority.isEmpty ? nil : authority.dropLast())
        guard let question else { return }
        let query = text[text.index(after: question)...]
        guard query.hasPrefix("db=") else { throw Self.invalid("only ?db= may follow a socket's path") }
        try self.read(database: query.dropFirst(3))
    }

    private mutating func read(credentials: Substring?) throws(RedisError) {
        guard let credentials else { return }
        let parts = credentials.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw Self.invalid("credentials need a password: user:password@ or :password@") }
        self.username = parts[0].isEmpty ? nil : try Self.decode(parts[0])
        self.password = try Self.decode(parts[1])
    }

    private mutating func read(database text: Substring) throws(RedisError) {
        guard let number = Int(text), (0...16_383).contains(number) else {
            throw Self.invalid("the database must be a number")
        }
        self.database = number
    }

    private static func splitAuthority(_ authority: Substring) -> (credentials: Substring?, place: Substring) {
        guard let at = authority.lastIndex(of: "@") else { return (nil, authority) }
        return (authority[..<at], authority[authority.index(after: at)...])
    }

    private static func hostAndPort(_ place: Substring) throws(RedisError) -> (String, Int) {
        var host = place
        var portText: Substring?
        if place.first == "[" {
            guard let close = place.firstIndex(of: "]") else { throw self.invalid("an IPv6 address needs a closing ]") }
            host = place[place.index(after: place.startIndex)..<close]
            let after = place[place.index(after: close)...]
            guard after.isEmpty || after.first == ":" else { throw self.invalid("only a port may follow the host") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else if let colon = place.firstIndex(of: ":") {
            host = place[..<colon]
            portText = place[place.index(after: colon)...]
        }
        guard !host.isEmpty else { throw self.invalid("the host is missing") }
        guard let portText else { return (String(host), 6379) }
        guard let port = Int(portText), (1...65_535).contains(port) else {
            throw self.invalid("the port must be a number from 1 to 65535")
        }
        return (String(host), port)
    }

    private static func rest(of text: String, after prefix: String) -> Substring? {
        text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : nil
    }

    private static func decode(_ text: Substring) throws(RedisError) -> String {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = iterator.next().flatMap(self.hexadecimal),
                let low = iterator.next().flatMap(self.hexadecimal)
            else { throw self.invalid("a % must be followed by two hexadecimal digits") }
            bytes.append(high << 4 | low)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func invalid(_ reason: String) -> RedisError {
        RedisError(.invalidConfiguration, "the Redis URL cannot be used: \(reason)")
    }
}
