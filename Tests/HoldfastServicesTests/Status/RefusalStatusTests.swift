import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import Logging
import SwiftProtobuf
import Synchronization
import Testing

@testable import HoldfastServices

@Suite("What a caller is told of a refusal")
struct RefusalStatusTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var refusal: Refusal
        var code: RPCError.Code
        var reason: String
        var facts: [String: String] = [:]

        var testDescription: String { reason }
    }

    @Test(
        "Each refusal has its code, reason and facts",
        arguments: [
            Row(
                refusal: .invalid([FieldViolation("lines[3].sku", "is required")]), code: .invalidArgument,
                reason: "INVALID_FIELDS", facts: ["violations": "1"]),
            Row(
                refusal: .notFound(.product, "85123A"), code: .notFound, reason: "PRODUCT_NOT_FOUND",
                facts: ["subject": "product", "name": "85123A"]),
            Row(
                refusal: .notFound(.orderLine, "7 line 3"), code: .notFound, reason: "ORDER_LINE_NOT_FOUND",
                facts: ["subject": "order_line", "name": "7 line 3"]),
            Row(
                refusal: .differentBody(.reservation, testID(1), stored: []), code: .alreadyExists, reason: "ID_REUSED",
                facts: ["subject": "reservation", "id": testID(1).description]),
            Row(
                refusal: .externalIDTaken(channel: "web", externalID: "7", order: testID(2)), code: .alreadyExists,
                reason: "EXTERNAL_ID_TAKEN",
                facts: [
                    "channel": "web", "external_id": "7", "order_id": testID(2).description, "field": "external_id",
                ]),
            Row(
                refusal: .shortage([LineShortage(line: 0, sku: "A", location: "", wanted: 2, available: 1)]),
                code: .failedPrecondition, reason: "STOCK_SHORTAGE", facts: ["lines": "1"]),
            Row(
                refusal: .wrongState(.reservation, "x", state: "released", explanation: "it has ended"),
                code: .failedPrecondition, reason: "RESERVATION_STATE",
                facts: ["subject": "reservation", "name": "x", "state": "released"]),
            Row(
                refusal: .eventNotKnown(
                    .supplierOrder, "x", state: "sent", event: "deliver", allowed: ["acknowledge", "ship"]),
                code: .failedPrecondition, reason: "SUPPLIER_ORDER_STATE",
                facts: [
                    "subject": "supplier_order", "name": "x", "state": "sent", "event": "deliver",
                    "allowed": "acknowledge, ship",
                ]),
            Row(
                refusal: .eventNotGranted(.pickup, event: "collect"), code: .permissionDenied,
                reason: "PERMISSION_DENIED", facts: ["subject": "pickup", "event": "collect"]),
            Row(
                refusal: .unavailable("the ledger is away", retryAfterMilliseconds: 250), code: .unavailable,
                reason: "UNAVAILABLE"),
            Row(refusal: .outcomeUnknown("no answer"), code: .unavailable, reason: "OUTCOME_UNKNOWN"),
            Row(refusal: .exhausted("too many wait"), code: .resourceExhausted, reason: "EXHAUSTED"),
            Row(refusal: .deadlineExceeded, code: .deadlineExceeded, reason: "NOT_STARTED"),
            Row(
                refusal: .outOfRange(FieldViolation("cursor", "is too old"), .tooOld, oldest: "c"), code: .outOfRange,
                reason: "CURSOR_TOO_OLD", facts: ["field": "cursor", "oldest_cursor": "c"]),
            Row(
                refusal: .outOfRange(FieldViolation("cursor", "is undone"), .undone, oldest: "c"), code: .outOfRange,
                reason: "CURSOR_UNDONE", facts: ["field": "cursor", "oldest_cursor": "c"]),
        ])
    func codes(row: Row) throws {
        let error = RefusalStatus.error(row.refusal)
        #expect(error.code == row.code)
        #expect(!error.message.isEmpty)
        let details = try Details(error)
        #expect(details.status.code == row.code)
        #expect(details.status.message == error.message)
        #expect(details.info?.reason == row.reason)
        #expect(details.info?.domain == "holdfast")
        #expect(details.info?.metadata == row.facts)
    }

    @Test("Every wrong field is listed with its path")
    func badRequest() throws {
        let violations = [
            FieldViolation("lines[3].sku", "is required"), FieldViolation("ttl", "must be 1 second to 30 days"),
        ]
        let error = RefusalStatus.error(.invalid(violations))
        #expect(error.message == "lines[3].sku is required, and 1 more")
        let listed = try Details(error).badRequest?.violations ?? []
        #expect(listed.map { FieldViolation($0.field, $0.violationDescription) } == violations)
    }

    @Test("A shortage lists every line that was short")
    func shortage() throws {
        let error = RefusalStatus.error(
            .shortage([
                LineShortage(line: 1, sku: "A", location: "DC", wanted: 5, available: 3),
                LineShortage(line: 4, sku: "B", location: "", wanted: 1, available: 0),
            ]))
        let list = try #require(try Details(error).shortage)
        #expect(list.lines.map(\.lineIndex) == [1, 4])
        #expect(list.lines.map(\.sku) == ["A", "B"])
        #expect(list.lines.map(\.location) == ["DC", ""])
        #expect(list.lines.map(\.wanted) == [5, 1])
        #expect(list.lines.map(\.available) == [3, 0])
    }

    @Test("A wrong state is told as a precondition")
    func precondition() throws {
        let error = RefusalStatus.error(
            .wrongState(.orderLine, "7 line 3", state: "open=1", explanation: "2 were asked, 1 is open"))
        let violation = try #require(try Details(error).precondition?.violations.first)
        #expect(violation.type == "ORDER_LINE_STATE")
        #expect(violation.subject == "7 line 3")
        #expect(violation.violationDescription == "2 were asked, 1 is open")
    }

    @Test(
        "An event that is not known is told with the state and what is known there",
        arguments: [
            (["deliver", "lose"], "“cancel” is not known there, deliver, lose are"),
            ([], "“cancel” is not known there, and nothing else is"),
        ])
    func event(allowed: [String], words: String) throws {
        let error = RefusalStatus.error(
            .eventNotKnown(.fulfilment, "F-7", state: "shipped", event: "cancel", allowed: allowed))
        #expect(error.message == "fulfilment “F-7” is “shipped”: \(words)")
        let violation = try #require(try Details(error).precondition?.violations.first)
        #expect(violation.type == "FULFILMENT_STATE")
        #expect(violation.subject == "F-7")
        #expect(violation.violationDescription == words)
    }

    @Test("Where a retry helps, the answer says when")
    func retries() throws {
        let unavailable = RefusalStatus.error(.unavailable("away", retryAfterMilliseconds: 250))
        #expect(try Details(unavailable).retry?.delay == .milliseconds(250))
        #expect(
            try Details(RefusalStatus.error(.outcomeUnknown("lost"))).retry?.delay == RefusalStatus.outcomeRetryDelay)
        #expect(try Details(RefusalStatus.error(.exhausted("full"))).retry == nil)
    }

    @Test("An unknown outcome is never called a failure")
    func outcome() {
        let message = RefusalStatus.error(.outcomeUnknown("the commit was not confirmed")).message
        #expect(message.contains("not known"))
        #expect(!message.contains("nothing was"))
    }

    @Test("A reused id names the field that differs")
    func reusedID() throws {
        let request = PromisingRequestsTests.reserve
        var other = request
        other.lines[1].quantity = 9
        let stored = try IdempotentBody(.reserve, request).bytes
        let asked = try IdempotentBody(.reserve, other).bytes
        let error = RefusalStatus.error(.differentBody(.reservation, testID(1), stored: stored), body: asked)
        #expect(error.code == .alreadyExists)
        #expect(error.message.contains("lines[1].quantity"))
        #expect(try Details(error).info?.metadata["field"] == "lines[1].quantity")
    }

    @Test("An id that another method used names the method")
    func otherMethod() throws {
        let stored = try IdempotentBody(.receiveStock, InventoryRequestsTests.receive).bytes
        let asked = try IdempotentBody(.adjustStock, InventoryRequestsTests.adjust).bytes
        let error = RefusalStatus.error(.differentBody(.movement, testID(1), stored: stored), body: asked)
        #expect(try Details(error).info?.metadata["method"] == "ReceiveStock")
        #expect(try Details(error).info?.metadata["field"] == nil)
    }

    @Test("The details survive a transport that carries them as text")
    func transport() throws {
        let error = RefusalStatus.error(.notFound(.channel, "web"))
        let text = try #require(error.metadata["grpc-status-details-bin"].first { _ in true }).encoded()
        let received = RPCError(
            code: error.code, message: error.message, metadata: ["grpc-status-details-bin": .string(text)])
        #expect(try Details(received).info?.reason == "CHANNEL_NOT_FOUND")
    }
}

@Suite("What a caller is told of other errors")
struct CallAnswerTests {
    private struct Surprise: Error, CustomStringConvertible {
        var description: String { "a surprise" }
    }

    private let method = MethodDescriptor(fullyQualifiedService: "holdfast.v1.OrderService", method: "PlaceOrder")

    @Test("What nobody foresaw is logged once and told in general words")
    func unexpected() throws {
        let log = LogLines()
        let answer = CallAnswer(logger: Logger(label: "test") { _ in log })
        let error = answer.error(Surprise(), method)
        #expect(error.code == .internalError)
        #expect(!error.message.contains("surprise"))
        #expect(try Details(error).info?.reason == "INTERNAL")
        #expect(log.lines.count == 1)
        #expect(log.lines.first?.contains("holdfast.v1.OrderService/PlaceOrder") == true)
        #expect(log.lines.first?.contains("a surprise") == true)
    }

    @Test("Refusals and statuses pass without a word in the log")
    func expected() {
        let log = LogLines()
        let answer = CallAnswer(logger: Logger(label: "test") { _ in log })
        #expect(answer.error(Refusal.deadlineExceeded, method).code == .deadlineExceeded)
        #expect(answer.error(RPCError(code: .aborted, message: "x"), method).code == .aborted)
        #expect(answer.error(CancellationError(), method).code == .cancelled)
        #expect(log.lines.isEmpty)
    }
}

/// The details of a status, decoded back.
struct Details {
    var status: GoogleRPCStatus
    var info: ErrorDetails.ErrorInfo?
    var badRequest: ErrorDetails.BadRequest?
    var precondition: ErrorDetails.PreconditionFailure?
    var retry: ErrorDetails.RetryInfo?
    var shortage: Holdfast_V1_StockShortage?

    init(_ error: RPCError) throws {
        status = try #require(try error.unpackGoogleRPCStatus())
        for detail in status.details {
            info = info ?? detail.errorInfo
            badRequest = badRequest ?? detail.badRequest
            precondition = precondition ?? detail.preconditionFailure
            retry = retry ?? detail.retryInfo
            if let any = detail.any, any.isA(Holdfast_V1_StockShortage.self) {
                shortage = try Holdfast_V1_StockShortage(unpackingAny: any)
            }
        }
    }
}

/// Collects what is logged.
final class LogLines: LogHandler, Sendable {
    private let collected = Mutex<[String]>([])

    var lines: [String] { collected.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        collected.withLock { $0.append("\(event.level) \(event.message) \(event.metadata ?? [:])") }
    }
}
