import PostgresClient

extension ServerConfiguration {
    /// Checks the settings that say where the stores are: the key prefix, and that the URL of PostgreSQL can be read.
    ///
    /// Whether PostgreSQL answers there is another matter, and can change.
    ///
    /// Throws ``ServerConfigurationError``.
    public func validateStores() throws(ServerConfigurationError) {
        guard (1...64).contains(keyPrefix.utf8.count), !keyPrefix.contains(where: { "{} ".contains($0) }) else {
            throw ServerConfigurationError(
                setting: "key-prefix", reason: "must have 1 to 64 bytes without blanks and braces")
        }
        do throws(ConnectionStringError) {
            try PostgresConfiguration.check(postgresURL)
        } catch {
            throw ServerConfigurationError(
                setting: "postgres-url",
                reason: """
                    cannot be used: \(error); write postgres://USER@HOST:PORT/DATABASE, or keywords such as \
                    host=HOST dbname=DATABASE
                    """)
        }
    }
}
