import ArgumentParser
import Domain
import HoldfastServer
import HoldfastServices
import Ledger
import Logging
import PostgresClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The desk for API keys of a deployment, opened beside its servers: whoever has the database's password may use it.
///
/// It works before any server runs, which is how the first key comes to be.
struct OperatorDesk: ParsableArguments {
    @OptionGroup var deployment: DeploymentOptions

    @Option(help: "How to print the answer: a table or JSON.")
    var format = OutputFormat.table

    @OptionGroup var log: LogOptions

    /// Runs a body at the desk; it is told who asks, for the audit log.
    func open<R: Sendable>(_ body: (AccessDesk, _ caller: String) async throws -> R) async throws -> R {
        let logger = try log.logger("holdfast.key", otherwise: .critical)
        let configuration = try deployment.configuration()
        let status = try await Schema.status(postgresURL: configuration.postgresURL, logger: logger)
        if let mismatch = status.mismatch { throw mismatch }
        var settings = PostgresConfiguration(connectionString: configuration.postgresURL, connectionCount: 1)
        settings.applicationName = "holdfast key"
        let pool = PostgresPool(configuration: settings, logger: logger)
        let outcome: Result<R, any Error>
        do {
            outcome = .success(
                try await body(AccessDesk(ledger: Ledger(pool: pool), keys: SystemKeyMint()), Self.caller))
        } catch {
            outcome = .failure(error)
        }
        await pool.shutdown()
        return try outcome.get()
    }

    /// The user of this machine who runs the command.
    private static var caller: String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "operator:\(geteuid())" }
        return "operator:\(String(cString: name))"
    }
}
