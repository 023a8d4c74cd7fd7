import FramedTransport
public import GRPCCore
import GRPCProtobuf
public import HoldfastAPI
import SwiftProtobuf

/// Why a call failed, with everything the service told about it.
///
/// ```swift
/// do {
///     try await client.reservations.reserve(request)
/// } catch let failure as RPCError {
///     let error = HoldfastError(failure)
///     for line in error.shortage { print("\(line.sku): \(line.available) of \(line.wanted)") }
///     if error.mayHaveTakenEffect { try await client.reservations.reserve(request) }  // the same id finds out
/// }
/// ```
public struct HoldfastError: Error, Sendable, CustomStringConvertible {
    /// A field of the request that is wrong.
    public struct FieldViolation: Hashable, Sendable {
        /// Path of the field: `lines[2].quantity`.
        public let field: String
        /// What is wrong with it.
        public let description: String
    }

    /// Something that stands in the way of the call.
    public struct Precondition: Hashable, Sendable {
        /// Kind of the condition: `RESERVATION_STATE`.
        public let type: String
        /// What it concerns, for example an id.
        public let subject: String
        /// Why it is not met.
        public let description: String
    }

    /// The canonical code.
    public let code: RPCError.Code
    /// A sentence for developers.
    public let message: String
    /// Why, in a constant for programs: `STOCK_SHORTAGE`; empty where the service gave none.
    public private(set) var reason = ""
    /// Facts about the reason, by name.
    public private(set) var facts: [String: String] = [:]
    /// Fields of the request that are wrong.
    public private(set) var fieldViolations: [FieldViolation] = []
    /// What stands in the way.
    public private(set) var preconditions: [Precondition] = []
    /// Lines that stock does not suffice for, in the order of the request.
    public private(set) var shortage: [Holdfast_V1_StockShortage.Line] = []
    /// How long the service asks to wait before the call is repeated.
    public private(set) var retryDelay: Duration?
    /// Whether the service answered at all.
    public private(set) var isAnswer = false
    /// Why details of the answer could not be read; `nil` where all could.
    public private(set) var unreadable: String?
    /// Whether the call may have taken effect although it failed: make it again with the same id to find out.
    public let mayHaveTakenEffect: Bool
    /// The error as the call threw it.
    public let underlying: RPCError

    /// Reads what an error of a call tells.
    public init(_ error: RPCError) {
        underlying = error
        code = error.code
        message = error.message
        let repeated = error.cause as? RepeatedCall
        var single = error
        single.cause = repeated?.lastCause ?? error.cause
        mayHaveTakenEffect = AttemptFailure(single).isOpen || (repeated?.mayHaveTakenEffect ?? false)
        isAnswer = single.cause is FramedErrorCode
        do {
            if let status = try error.unpackGoogleRPCStatus() {
                isAnswer = true
                for detail in status.details { try add(detail) }
            }
        } catch {
            unreadable = "\(error)"
        }
    }

    /// The code's name, the reason and the message.
    public var description: String {
        "\(code.canonicalName)\(reason.isEmpty ? "" : " (\(reason))"): \(message)"
    }

    private mutating func add(_ detail: ErrorDetails) throws {
        if let info = detail.errorInfo {
            reason = info.reason
            facts = info.metadata
        } else if let badRequest = detail.badRequest {
            fieldViolations += badRequest.violations.map {
                FieldViolation(field: $0.field, description: $0.violationDescription)
            }
        } else if let failure = detail.preconditionFailure {
            preconditions += failure.violations.map {
                Precondition(type: $0.type, subject: $0.subject, description: $0.violationDescription)
            }
        } else if let retry = detail.retryInfo {
            retryDelay = retry.delay
        } else if let packed = detail.any, packed.isA(Holdfast_V1_StockShortage.self) {
            shortage += try Holdfast_V1_StockShortage(unpackingAny: packed).lines
        }
    }
}

extension RPCError.Code {
    /// The name that the gRPC documentation gives the code: `NOT_FOUND`.
    public var canonicalName: String { "\(wireName)" }
}
