import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import SwiftProtobuf

/// What a caller is told of a refusal: a canonical code, a sentence for developers and typed details.
enum RefusalStatus {
    /// The domain of every reason.
    static let domain = "holdfast"

    /// The status of a refusal.
    ///
    /// - Parameters:
    ///   - refusal: why the call is refused.
    ///   - body: the request as it would have been stored, to name what differs from the one that stands.
    /// - Returns: the error, with a `google.rpc.Status` in its metadata.
    static func error(_ refusal: Refusal, body: [UInt8]? = nil) -> RPCError {
        switch refusal {
        case .invalid(let violations): invalid(violations)
        case .notFound(let subject, let name): notFound(subject, name)
        case .differentBody(let subject, let id, let stored): differentBody(subject, id, stored: stored, asked: body)
        case .externalIDTaken(let channel, let externalID, let order):
            status(
                .alreadyExists,
                "the channel's number \(quoted(externalID)) stands under the order \(order) already; nothing was taken",
                "EXTERNAL_ID_TAKEN",
                ["channel": channel, "external_id": externalID, "order_id": order.description, "field": "external_id"])
        case .shortage(let lines): shortage(lines)
        case .wrongState(let subject, let name, let state, let explanation):
            wrongState(subject, name, state: state, explanation)
        case .eventNotKnown(let subject, let name, let state, let event, let allowed):
            eventNotKnown(subject, name, state: state, event: event, allowed: allowed)
        case .eventNotGranted(let subject, let event):
            status(
                .permissionDenied, "none of the caller's roles may cause \(quoted(event)) of \(words(subject))",
                "PERMISSION_DENIED", ["subject": subject.rawValue, "event": event])
        case .unavailable(let explanation, let milliseconds):
            status(
                .unavailable, "\(explanation); nothing was applied, retry with the same id", "UNAVAILABLE",
                details: [.retryInfo(delay: .milliseconds(max(1, milliseconds)))])
        case .outcomeUnknown(let explanation):
            status(
                .unavailable,
                "\(explanation); whether the call took effect is not known, retry with the same id to find out",
                "OUTCOME_UNKNOWN", details: [.retryInfo(delay: outcomeRetryDelay)])
        case .exhausted(let explanation):
            status(.resourceExhausted, "\(explanation); nothing was applied", "EXHAUSTED")
        case .deadlineExceeded:
            status(.deadlineExceeded, "the deadline passed before work began; nothing was applied", "NOT_STARTED")
        case .outOfRange(let violation, let reason, let oldest):
            status(
                .outOfRange, "\(violation.field) \(violation.description)", reason.rawValue,
                ["field": violation.field, "oldest_\(violation.field)": oldest],
                details: [
                    .badRequest(violations: [.init(field: violation.field, description: violation.description)])
                ])
        case .outOfScope:
            status(
                .permissionDenied, "what the call names is outside the caller's scope, or does not exist",
                "PERMISSION_DENIED")
        case .wrongCode(let subject, let name, let left):
            status(
                .permissionDenied,
                left > 0
                    ? "that is not the code of \(words(subject)) \(quoted(name)); tries left: \(left)"
                    : "no code of \(words(subject)) \(quoted(name)) is taken any more: have a new one made",
                "WRONG_CODE", ["subject": subject.rawValue, "name": name, "tries_left": "\(left)"])
        case .roleMissing(let method):
            status(
                .permissionDenied, "none of the caller's roles may call \(method)", "PERMISSION_DENIED",
                ["method": method])
        }
    }

    /// What a caller is told of an error that is none of its business.
    static func internalError() -> RPCError {
        status(.internalError, "the server failed; its log says more", "INTERNAL")
    }

    /// How long to wait before finding out what became of a call.
    static let outcomeRetryDelay = Duration.milliseconds(200)

    // MARK: - Kinds

    private static func invalid(_ violations: [FieldViolation]) -> RPCError {
        let first = violations.first.map { "\($0.field) \($0.description)" } ?? "a field is wrong"
        let more = violations.count > 1 ? ", and \(violations.count - 1) more" : ""
        return status(
            .invalidArgument, first + more, "INVALID_FIELDS", ["violations": "\(violations.count)"],
            details: [
                .badRequest(violations: violations.map { .init(field: $0.field, description: $0.description) })
            ])
    }

    private static func notFound(_ subject: Refusal.Subject, _ name: String) -> RPCError {
        status(
            .notFound, "there is no \(words(subject)) \(quoted(name))", "\(constant(subject))_NOT_FOUND",
            ["subject": subject.rawValue, "name": name])
    }

    private static func differentBody(
        _ subject: Refusal.Subject, _ id: EntityID, stored: [UInt8], asked: [UInt8]?
    ) -> RPCError {
        var facts = ["subject": subject.rawValue, "id": id.description]
        var message = "the \(words(subject)) id \(id) was used before with another request"
        if let asked, let method = IdempotentBody.method(of: stored), method != IdempotentBody.method(of: asked) {
            facts["method"] = method.name
            message += ": by \(method.name)"
        } else if let asked, let field = IdempotentBody.firstDifference(stored, asked) {
            facts["field"] = field
            message += ": \(field) differs"
        }
        return status(.alreadyExists, message, "ID_REUSED", facts)
    }

    private static func shortage(_ lines: [LineShortage]) -> RPCError {
        let first = lines.first.map { line in
            let place = line.location.isEmpty ? "" : " at \(quoted(line.location))"
            let waiting = line.backorderLeft.map { ", \($0) may wait for supply" } ?? ""
            return
                ": line \(line.line) wants \(line.wanted) of \(quoted(line.sku))\(place), \(line.available) are available\(waiting)"
        }
        let more = lines.count > 1 ? ", and \(lines.count - 1) more" : ""
        let list = Holdfast_V1_StockShortage.with { message in
            message.lines = lines.map { line in
                .with {
                    $0.lineIndex = Int32(clamping: line.line)
                    $0.sku = line.sku
                    $0.location = line.location
                    $0.wanted = line.wanted
                    $0.available = line.available
                    if let left = line.backorderLeft { $0.backorderLeft = left }
                }
            }
        }
        var details: [ErrorDetails] = []
        if let packed = packed(list) { details.append(.any(packed)) }
        return status(
            .failedPrecondition, "stock does not suffice\(first ?? "")\(more); nothing was taken", "STOCK_SHORTAGE",
            ["lines": "\(lines.count)"], details: details)
    }

    private static func wrongState(
        _ subject: Refusal.Subject, _ name: String, state: String, _ explanation: String
    ) -> RPCError {
        let reason = "\(constant(subject))_STATE"
        return status(
            .failedPrecondition, "\(words(subject)) \(quoted(name)) is \(quoted(state)): \(explanation)", reason,
            ["subject": subject.rawValue, "name": name, "state": state],
            details: [
                .preconditionFailure(violations: [.init(type: reason, subject: name, description: explanation)])
            ])
    }

    private static func eventNotKnown(
        _ subject: Refusal.Subject, _ name: String, state: String, event: String, allowed: [String]
    ) -> RPCError {
        let reason = "\(constant(subject))_STATE"
        let list = allowed.joined(separator: ", ")
        let explanation =
            allowed.isEmpty
            ? "\(quoted(event)) is not known there, and nothing else is"
            : "\(quoted(event)) is not known there, \(list) are"
        return status(
            .failedPrecondition, "\(words(subject)) \(quoted(name)) is \(quoted(state)): \(explanation)", reason,
            ["subject": subject.rawValue, "name": name, "state": state, "event": event, "allowed": list],
            details: [
                .preconditionFailure(violations: [.init(type: reason, subject: name, description: explanation)])
            ])
    }

    // MARK: - Shapes

    private static func status(
        _ code: RPCError.Code, _ message: String, _ reason: String, _ facts: [String: String] = [:],
        details: [ErrorDetails] = []
    ) -> RPCError {
        RPCError(
            GoogleRPCStatus(
                code: code, message: message,
                details: [.errorInfo(reason: reason, domain: domain, metadata: facts)] + details))
    }

    private static func packed(_ message: Holdfast_V1_StockShortage) -> Google_Protobuf_Any? {
        do {
            return try Google_Protobuf_Any(message: message)
        } catch {
            // A message without required fields always serializes; the code and the reason stand without the list.
            return nil
        }
    }

    private static func constant(_ subject: Refusal.Subject) -> String {
        subject.rawValue.uppercased()
    }

    private static func words(_ subject: Refusal.Subject) -> String {
        String(subject.rawValue.map { $0 == "_" ? " " : $0 })
    }

    private static func quoted(_ name: String) -> String { "\u{201C}\(name)\u{201D}" }
}
