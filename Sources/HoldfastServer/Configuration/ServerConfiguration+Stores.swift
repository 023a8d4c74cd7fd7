import PostgresClient

extension ServerConfiguration {
    /// Checks that the URL of PostgreSQL can be read; whether PostgreSQL answers there is another matter, and can change.
    ///
    /// Throws ``ServerConfigurationError``.
    public func validateStores() throws(ServerConfigurationError) {
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
