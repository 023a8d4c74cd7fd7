import FramedTransport
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastClient

@Suite("What an error of a call tells")
struct HoldfastErrorTests {
    @Test("Every kind of detail is read")
    func details() throws {
        let shortage = Holdfast_V1_StockShortage.with {
            $0.lines = [
                .with {
                    $0.sku = "MUG"
                    $0.wanted = 5
                    $0.available = 2
                }
            ]
        }
        let error = HoldfastError(
            RPCError(
                GoogleRPCStatus(
                    code: .failedPrecondition, message: "stock does not suffice",
                    details: [
                        .errorInfo(reason: "STOCK_SHORTAGE", domain: "holdfast", metadata: ["lines": "1"]),
                        .badRequest(violations: [.init(field: "lines[0].sku", description: "is empty")]),
                        .preconditionFailure(violations: [.init(type: "T", subject: "s", description: "d")]),
                        .retryInfo(delay: .milliseconds(250)), .any(try Google_Protobuf_Any(message: shortage)),
                    ])))
        #expect(error.description == "FAILED_PRECONDITION (STOCK_SHORTAGE): stock does not suffice")
        #expect(error.facts == ["lines": "1"])
        #expect(error.fieldViolations.map(\.field) == ["lines[0].sku"])
        #expect(error.preconditions.map(\.type) == ["T"])
        #expect(error.retryDelay == .milliseconds(250))
        #expect(error.shortage == shortage.lines)
        #expect(error.isAnswer)
        #expect(error.unreadable == nil)
    }

    @Test("Details that cannot be read do not hide the error")
    func unreadable() {
        var failure = RPCError(code: .notFound, message: "no such order")
        failure.metadata.addBinary([0xff, 0xff, 0xff], forKey: "grpc-status-details-bin")
        let error = HoldfastError(failure)
        #expect(error.code == .notFound)
        #expect(error.unreadable != nil)
    }

    @Test(
        "An error says whether the call may have taken effect",
        arguments: [
            (away(reason: "OUTCOME_UNKNOWN"), true), (away(reason: "UNAVAILABLE"), false),
            (RPCError(code: .unavailable, message: "", cause: FramedErrorCode.loggingOff), false),
            (RPCError(code: .resourceExhausted, message: "", cause: FramedErrorCode.limitReached), false),
            (RPCError(code: .resourceExhausted, message: "", cause: FramedErrorCode.overcrowded), true),
            (RPCError(code: .deadlineExceeded, message: ""), true),
            (late(reason: "DEADLINE_EXCEEDED"), true), (late(reason: "NOT_STARTED"), false),
            (RPCError(code: .unavailable, message: "", cause: FramedErrorCode(.unavailable)), true),
            (RPCError(code: .internalError, message: ""), true), (RPCError(code: .notFound, message: ""), false),
            (
                RPCError(
                    code: .notFound, message: "",
                    cause: RepeatedCall(attempts: 2, mayHaveTakenEffect: true, lastCause: nil)), true
            ),
        ])
    func effect(failure: RPCError, mayHaveTakenEffect: Bool) {
        #expect(HoldfastError(failure).mayHaveTakenEffect == mayHaveTakenEffect)
    }
}

/// A deadline that passed, with what the service says of it.
private func late(reason: String) -> RPCError {
    RPCError(
        GoogleRPCStatus(
            code: .deadlineExceeded, message: "late", details: .errorInfo(reason: reason, domain: "holdfast")))
}
