import CLibPQ

/// What libpq is told when it connects: the caller's connection string, completed.
struct SessionParameters {
    private var keywords: [String] = []
    private var values: [String] = []

    init(_ configuration: PostgresConfiguration) throws(PostgresError) {
        let given: [String: String]
        do throws(ConnectionStringError) {
            given = try ConnectionString(configuration.connectionString).values
        } catch {
            throw PostgresError(.unavailable, detail: "the connection string cannot be read: \(error)")
        }
        // What stands before `dbname` is a default for the connection string, what stands after it is an addition.
        self.add("connect_timeout", String(max(2, (configuration.connectTimeout.milliseconds + 999) / 1_000)))
        self.add("fallback_application_name", configuration.applicationName)
        self.add("dbname", configuration.connectionString)
        self.add("client_encoding", "UTF8")
        // In the server the last setting wins, so the caller's own options do.
        self.add("options", Self.options(configuration) + (given["options"].map { " " + $0 } ?? ""))
    }

    /// Connects and blocks meanwhile; nil when there is no memory.
    func connect() -> OpaquePointer? {
        Self.withCStrings(self.keywords) { keywords in
            Self.withCStrings(self.values) { values in PQconnectdbParams(keywords, values, 1) }
        }
    }

    private mutating func add(_ keyword: String, _ value: String) {
        self.keywords.append(keyword)
        self.values.append(value)
    }

    private static func options(_ configuration: PostgresConfiguration) -> String {
        var settings = configuration.sessionSettings
        settings["statement_timeout"] = String(configuration.statementTimeout?.milliseconds ?? 0)
        settings["idle_in_transaction_session_timeout"] = String(
            configuration.idleInTransactionTimeout?.milliseconds ?? 0)
        settings.merge(configuration.sessionSettings) { _, own in own }
        return settings.sorted { $0.key < $1.key }.map { "-c \($0.key)=\(self.escape($0.value))" }
            .joined(separator: " ")
    }

    /// Spaces and backslashes would end a word.
    private static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text {
            if character == " " || character == "\\" { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    private static func withCStrings<R>(
        _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> R
    ) -> R {
        var characters: [CChar] = []
        var offsets: [Int] = []
        for string in strings {
            offsets.append(characters.count)
            characters.append(contentsOf: string.utf8.map { CChar(bitPattern: $0) })
            characters.append(0)
        }
        return characters.withUnsafeBufferPointer { characters in
            guard let base = characters.baseAddress else { preconditionFailure("a connection without parameters") }
            let pointers: [UnsafePointer<CChar>?] = offsets.map { base + $0 } + [nil]
            return pointers.withUnsafeBufferPointer { pointers in
                guard let first = pointers.baseAddress else { preconditionFailure("a list without its end") }
                return body(first)
            }
        }
    }
}
