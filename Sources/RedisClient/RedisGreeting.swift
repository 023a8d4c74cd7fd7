/// What is said on a new connection, and what is learnt from the answer.
enum RedisGreeting {
    /// The commands in order; the last one's reply is for ``runID(in:)``.
    static func commands(for configuration: RedisConfiguration) -> [RedisCommand] {
        var commands: [RedisCommand] = []
        if let password = configuration.password {
            commands.append(
                RedisCommand("AUTH", arguments: [configuration.username, password].compactMap { $0 }))
        }
        if configuration.database != 0 {
            commands.append(RedisCommand("SELECT", String(configuration.database)))
        }
        if let clientName = configuration.clientName {
            commands.append(RedisCommand("CLIENT", "SETNAME", clientName))
        }
        commands.append(RedisCommand("INFO", "server"))
        return commands
    }

    /// Finds the server's run id in the replies to the greeting.
    static func runID(in replies: [RESPValue]) throws(RedisError) -> String {
        let prefix = "run_id:"
        for line in (replies.last?.string ?? "").split(whereSeparator: \.isNewline) where line.hasPrefix(prefix) {
            return String(line.dropFirst(prefix.count))
        }
        throw RedisError(.protocolViolation, "the server does not tell its run id")
    }
}
