import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import ReplayDriver

@Suite("What a refusal says")
struct ShortageDetailTests {
    private func error(_ code: RPCError.Code, _ details: [ErrorDetails]) -> RPCError {
        RPCError(GoogleRPCStatus(code: code, message: "no", details: details))
    }

    @Test("is read from the details of the status, whatever stands beside it")
    func readsShortages() throws {
        let shortage = Holdfast_V1_StockShortage.with {
            $0.lines = [
                .with {
                    $0.sku = "A1"
                    $0.wanted = 6
                    $0.available = 2
                }
            ]
        }
        let details: [ErrorDetails] = [
            .errorInfo(reason: "STOCK_SHORTAGE", domain: "holdfast"), .any(try Google_Protobuf_Any(message: shortage)),
        ]
        #expect(try error(.failedPrecondition, details).stockShortage() == shortage)
    }

    @Test("is no shortage where the status has none, or stands for something else")
    func readsNothing() throws {
        #expect(try RPCError(code: .failedPrecondition, message: "no").stockShortage() == nil)
        let state: [ErrorDetails] = [.errorInfo(reason: "RESERVATION_STATE", domain: "holdfast")]
        #expect(try error(.failedPrecondition, state).stockShortage() == nil)
        #expect(try error(.unavailable, state).stockShortage() == nil)
    }
}
