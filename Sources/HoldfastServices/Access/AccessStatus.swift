public import GRPCCore
import GRPCProtobuf

/// What a caller without a good credential is told.
public enum AccessStatus {
    /// The words for a call without any.
    public static let credentialsRequired =
        "credentials are required: an API key or a token, as authorization: Bearer …"

    /// The credential is not good, or one is missing.
    public static func unauthenticated(_ message: String) -> RPCError {
        RPCError(
            GoogleRPCStatus(
                code: .unauthenticated, message: message,
                details: [.errorInfo(reason: "UNAUTHENTICATED", domain: RefusalStatus.domain)]))
    }

    /// Whether the credential is good cannot be told at present.
    public static func unavailable(_ message: String) -> RPCError {
        RPCError(
            GoogleRPCStatus(
                code: .unavailable, message: "\(message); nothing was applied, retry with the same id",
                details: [
                    .errorInfo(reason: "UNAVAILABLE", domain: RefusalStatus.domain),
                    .retryInfo(delay: .milliseconds(500)),
                ]))
    }
}
