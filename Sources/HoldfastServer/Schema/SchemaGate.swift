import Logging
import PostgresClient

/// Lets a server begin only with the schema that it was written for.
struct SchemaGate: Sendable {
    let postgresURL: String
    let migrates: Bool
    let logger: Logger

    private static let pause = Duration.milliseconds(250)
    /// Between two looks of a server that runs.
    private static let watchPause = Duration.seconds(5)

    /// Returns once the schema is right; waits for a PostgreSQL that is away.
    ///
    /// Throws ``SchemaMismatch`` where it is not the program's and must not be brought up to date here.
    func pass() async throws {
        var isWaiting = false
        while true {
            do {
                if migrates { _ = try await Schema.migrate(postgresURL: postgresURL, logger: logger) }
                if let mismatch = try await Schema.status(postgresURL: postgresURL, logger: silent).mismatch {
                    throw mismatch
                }
                if isWaiting { logger.info("PostgreSQL answers") }
                return
            } catch let error as PostgresError where Self.canHeal(error) {
                if !isWaiting {
                    logger.warning("waiting for PostgreSQL", metadata: ["error": "\(error.debugDescription)"])
                }
                isWaiting = true
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Looks now and then whether the schema is still one that this program can work with, until cancelled.
    ///
    /// Throws ``SchemaMismatch`` where somebody has brought it to a step that programs of this version must not work with, or
    /// has restored an older database: the server must end then.
    func watch() async throws {
        while true {
            do { try await Task.sleep(for: Self.watchPause) } catch { return }
            do {
                if let mismatch = try await Schema.status(postgresURL: postgresURL, logger: silent).mismatch {
                    throw mismatch
                }
            } catch is CancellationError {
                return
            } catch is PostgresError {
                // A PostgreSQL that is away says nothing of its schema; others tell of it.
                continue
            }
        }
    }

    /// True for a server that is away or still starting; a refusal of anything else would only be repeated.
    private static func canHeal(_ error: PostgresError) -> Bool {
        switch error.kind {
        case .connectionLost, .timedOut, .unavailable, .poolExhausted: true
        case .server(let state): state == .adminShutdown || state == .queryCanceled || state == .deadlockDetected
        default: false
        }
    }

    /// The pool of each attempt would tell of its failure once more.
    private var silent: Logger {
        var logger = logger
        logger.logLevel = .critical
        return logger
    }
}
