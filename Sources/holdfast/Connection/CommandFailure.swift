import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastServer
import PostgresClient
import PrivateStores
import RedisClient
import Replay
import SwiftProtobuf

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
    init(answer error: RPCError) {
        self.init(CommandStatus(error.code), "\(error.code.canonicalName): \(error.message)")
        do {
            guard let status = try error.unpackGoogleRPCStatus() else { return }
            if let reason = status.details.lazy.compactMap(\.errorInfo).first?.reason {
                lines = ["holdfast: \(error.code.canonicalName) (\(reason)): \(error.message)"]
            }
            for detail in status.details { add(detail) }
        } catch {
            lines.append("  (the answer's details cannot be read: \(error))")
        }
    }

    private mutating func add(_ detail: ErrorDetails) {
        if let badRequest = detail.badRequest {
            for violation in badRequest.violations {
                lines.append("  \(violation.field): \(violation.violationDescription)")
            }
        } else if let precondition = detail.preconditionFailure {
            for violation in precondition.violations {
                lines.append("  \(violation.subject): \(violation.violationDescription)")
            }
        } else if let retry = detail.retryInfo {
            lines.append("  try again in \(retry.delay.components.seconds * 1_000 + retry.delay.milliseconds) ms")
        } else if let any = detail.any, any.isA(Holdfast_V1_StockShortage.self) {
            add(packed: any)
        }
    }

    private mutating func add(packed any: Google_Protobuf_Any) {
        do {
            let shortage = try Holdfast_V1_StockShortage(unpackingAny: any)
            var table = Table([
                .text("LINE"), .text("SKU"), .text("LOCATION"), .number("WANTED"), .number("AVAILABLE"),
            ])
            for line in shortage.lines {
                table.add(
                    "lines[\(line.lineIndex)]", line.sku, line.location.isEmpty ? "(any)" : line.location,
                    "\(line.wanted)", "\(line.available)")
            }
            lines += table.lines.map { "  " + $0 }
        } catch {
            lines.append("  (the shortage list cannot be read: \(error))")
        }
    }
}

extension Duration {
    /// The part below a second, in whole milliseconds.
    fileprivate var milliseconds: Int64 { components.attoseconds / 1_000_000_000_000_000 }
}

extension RPCError.Code {
    /// The name that the gRPC documentation gives the code.
    var canonicalName: String {
        switch self {
        case .cancelled: "CANCELLED"
        case .unknown: "UNKNOWN"
        case .invalidArgument: "INVALID_ARGUMENT"
        case .deadlineExceeded: "DEADLINE_EXCEEDED"
        case .notFound: "NOT_FOUND"
        case .alreadyExists: "ALREADY_EXISTS"
        case .permissionDenied: "PERMISSION_DENIED"
        case .resourceExhausted: "RESOURCE_EXHAUSTED"
        case .failedPrecondition: "FAILED_PRECONDITION"
        case .aborted: "ABORTED"
        case .outOfRange: "OUT_OF_RANGE"
        case .unimplemented: "UNIMPLEMENTED"
        case .internalError: "INTERNAL"
        case .unavailable: "UNAVAILABLE"
        case .dataLoss: "DATA_LOSS"
        case .unauthenticated: "UNAUTHENTICATED"
        default: "\(self)"
        }
    }
}
