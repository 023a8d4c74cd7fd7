import CLibPQ

/// A connection string, as libpq takes it apart.
struct ConnectionString {
    /// What it sets, by keyword.
    let values: [String: String]

    /// Takes a string apart; connects to nothing.
    init(_ text: String) throws(ConnectionStringError) {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &message) else {
            defer { PQfreemem(message) }
            throw ConnectionStringError(message.map { Self.words(String(cString: $0)) } ?? "libpq is out of memory")
        }
        defer { PQconninfoFree(options) }
        var values: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { values[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        self.values = values
    }

    /// Refuses values that libpq takes apart but never connects with.
    func checkValues() throws(ConnectionStringError) {
        for port in (values["port"] ?? "").split(separator: ",") {
            let words = port.split(separator: " ")
            guard words.count == 1, let number = Int(words[0]), (1...65_535).contains(number) else {
                throw ConnectionStringError("a port is not a number from 1 to 65535")
            }
        }
        for (keyword, choices) in Self.choices {
            guard let value = values[keyword], !value.isEmpty, !choices.contains(value) else { continue }
            throw ConnectionStringError("\(keyword) must be one of \(choices.joined(separator: ", "))")
        }
    }

    /// The keywords that people set, and what libpq knows of each.
    private static let choices = [
        "sslmode": ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"],
        "target_session_attrs": ["any", "read-write", "read-only", "primary", "standby", "prefer-standby"],
    ]

    /// libpq's words without what it quotes: that may be a part of the password.
    private static func words(_ message: String) -> String {
        let plain = message.replacing("\"=\"", with: "=").prefix { $0 != "\n" }
        guard let quote = plain.firstIndex(of: "\"") else { return String(plain) }
        return plain[..<quote] + "…"
    }
}

/// A connection string with which there will never be a connection.
public struct ConnectionStringError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, without any part of the string, in which there may be a password.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}

extension PostgresConfiguration {
    /// Looks whether libpq can read a connection string; connects to nothing, and looks up no name.
    ///
    /// With a string that is refused here there is nothing to wait for.
    ///
    /// - Parameter connectionString: the string.
    /// - Throws: ``ConnectionStringError``.
    public static func check(_ connectionString: String) throws(ConnectionStringError) {
        try ConnectionString(connectionString).checkValues()
    }
}
