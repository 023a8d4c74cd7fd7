import Domain
import GRPCCore
import HoldfastAPI
import HoldfastClient
import HoldfastServer
import HoldfastServices
import PostgresClient
import PrivateStores
import RedisClient
import Replay

/// Why a command failed, as it is told to a person and to a script.
struct CommandFailure: Error {
    /// For scripts.
    var status: CommandStatus
    /// For people, one thing a line.
    var lines: [String]

    /// Describes a failure in one line.
    init(_ status: CommandStatus, _ line: String) {
        self.status = status
        lines = ["holdfast: \(line)"]
    }

    /// Explains any error.
    init(_ error: any Error) {
        switch error {
        case let error as CommandFailure: self = error
        case let error as RPCError: self.init(answer: error)
        case let error as ServerConfigurationError: self.init(.invalid, "\(error)")
        case let error as TLSFileFailure: self.init(.invalid, "\(error)")
        case let error as HoldfastConfigurationError: self.init(.invalid, "\(error)")
        case let error as ImportFileError: self.init(.invalid, "\(error)")
        case let refusal as Refusal: self.init(answer: refusal.status)
        case let error as NoCredentials: self.init(.refused, "\(error)")
        case let error as SchemaMismatch: self.init(.refused, "\(error)")
        case let error as ListenFailure: self.init(.unavailable, "\(error)")
        case let error as PrivateStoreError where error.code == .directoryUnusable: self.init(.refused, error.message)
        case let error as PrivateStoreError: self.init(.unavailable, error.message)
        case let error as PostgresError: self.init(.unavailable, error.debugDescription)
        case let error as RedisError where error.code == .invalidConfiguration: self.init(.invalid, error.message)
        case let error as ByteSourceError: self.init(.invalid, error.message)
        default: self.init(.unexpected, "\(error)")
        }
    }

    /// Explains a server's answer with all its details.
    init(answer failure: RPCError) {
        let error = HoldfastError(failure)
        self.init(CommandStatus(error.code), "\(error)")
        lines += error.fieldViolations.map { "  \($0.field): \($0.description)" }
        lines += error.preconditions.map { "  \($0.subject): \($0.description)" }
        if !error.shortage.isEmpty { lines += Self.table(error.shortage).lines.map { "  " + $0 } }
        if let delay = error.retryDelay { lines.append("  try again in \(delay.milliseconds) ms") }
        if let reason = error.unreadable { lines.append("  (the answer's details cannot be read: \(reason))") }
    }

    private static func table(_ shortage: [Holdfast_V1_StockShortage.Line]) -> Table {
        var table = Table([
            .text("LINE"), .text("SKU"), .text("LOCATION"), .number("WANTED"), .number("AVAILABLE"),
        ])
        for line in shortage {
            table.add(
                "lines[\(line.lineIndex)]", line.sku, line.location.isEmpty ? "(any)" : line.location,
                "\(line.wanted)", "\(line.available)")
        }
        return table
    }
}

extension Duration {
    /// The whole milliseconds of it.
    fileprivate var milliseconds: Int64 {
        components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    }
}
