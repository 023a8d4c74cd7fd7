import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import Replay
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Failures")
struct CommandFailureTests {
    @Test(
        "Each status of a server has its exit status",
        arguments: [
            (RPCError.Code.invalidArgument, CommandStatus.invalid), (.notFound, .notFound),
            (.failedPrecondition, .refused), (.permissionDenied, .refused), (.unauthenticated, .refused),
            (.alreadyExists, .alreadyExists), (.unavailable, .unavailable),
            (.deadlineExceeded, .unavailable), (.resourceExhausted, .unavailable), (.internalError, .unexpected),
            (.unimplemented, .unexpected), (.unknown, .unexpected),
        ])
    func statuses(code: RPCError.Code, status: CommandStatus) {
        #expect(CommandFailure(RPCError(code: code, message: "m")).status == status)
    }

    @Test("The exit statuses are the documented numbers")
    func numbers() {
        let all: [CommandStatus] = [.done, .unexpected, .invalid, .notFound, .refused, .alreadyExists, .unavailable]
        #expect(all.map(\.rawValue) == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test("A shortage is told line by line, named as in the request")
    func shortage() throws {
        let list = Holdfast_V1_StockShortage.with {
            $0.lines = [
                .with {
                    $0.lineIndex = 0
                    $0.sku = "MUG"
                    $0.wanted = 5
                    $0.available = 2
                },
                .with {
                    $0.lineIndex = 3
                    $0.sku = "TOWEL"
                    $0.location = "LON"
                    $0.wanted = 9
                },
            ]
        }
        let status = GoogleRPCStatus(
            code: .failedPrecondition, message: "stock does not suffice",
            details: [
                .errorInfo(reason: "STOCK_SHORTAGE", domain: "holdfast"),
                .any(try Google_Protobuf_Any(message: list)),
            ])
        let failure = CommandFailure(try RPCError(status))
        #expect(failure.status == .refused)
        #expect(
            failure.lines == [
                "holdfast: FAILED_PRECONDITION (STOCK_SHORTAGE): stock does not suffice",
                "  LINE      SKU    LOCATION  WANTED  AVAILABLE",
                "  lines[0]  MUG    (any)          5          2",
                "  lines[3]  TOWEL  LON            9          0",
            ])
    }

    @Test("Every field violation and the wish for a pause is told")
    func violations() throws {
        let status = GoogleRPCStatus(
            code: .invalidArgument, message: "2 fields",
            details: [
                .badRequest(violations: [
                    .init(field: "lines[0].sku", description: "is empty"),
                    .init(field: "ttl", description: "is too long"),
                ]),
                .retryInfo(delay: .milliseconds(1_250)),
            ])
        #expect(
            CommandFailure(try RPCError(status)).lines == [
                "holdfast: INVALID_ARGUMENT: 2 fields", "  lines[0].sku: is empty", "  ttl: is too long",
                "  try again in 1250 ms",
            ])
    }

    @Test("A file that cannot be opened is an invalid argument")
    func file() {
        let error = #expect(throws: ByteSourceError.self) { try InputFile.open(path: "/nowhere/at/all.csv") }
        guard let error else { return }
        #expect(CommandFailure(error).status == .invalid)
    }
}

extension RPCError {
    /// The error as a client receives it.
    fileprivate init(_ status: GoogleRPCStatus) throws {
        let bytes: [UInt8] = try status.serializedBytes()
        self.init(
            code: status.code, message: status.message, metadata: ["grpc-status-details-bin": .binary(bytes)])
    }
}
