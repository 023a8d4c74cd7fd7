import HoldfastAPI
import Replay
import SwiftProtobuf
import Testing

@testable import ReplayDriver

@Suite("The report of a replay")
struct ReplayReportTests {
    private let lines = [
        Books.line("536365", "A1", 6, "2.555"), Books.line("536365", "B2", 3, "1.10"),
        Books.line("536365", "C3", 2, "0"), Books.line("536365", "POST", 1, "18.00"),
        Books.line("536366", "A1", 4, "2.555", customer: "2"), Books.line("A536367", "B", 1, "100.00", customer: ""),
        Books.line("536368", "A1", -2, "0", customer: "", text: "damages"),
        Books.line("C536369", "A1", -2, "2.555", at: "2010-12-01 09:00:00"),
        Books.line("C536370", "B2", -1, "1.10", at: "2010-12-01 09:00:00"),
        Books.line("C536372", "A1", -4, "2.555", at: "2010-12-01 09:00:00", customer: "2"),
        Books.line("C536371", "Z9", -5, "1.00", at: "2010-12-01 09:00:00"),
    ]

    private func report() throws -> ReplayReport {
        let (plan, offered) = try Books.plan(lines)
        var tally = ReplayTally()
        for operation in plan.operations {
            switch operation.action {
            case .receive(let receipt): tally.add(.received(receipt))
            case .correct(let correction): tally.add(.corrected(correction, refused: .notOnHand))
            case .place(let order) where order.invoice == "536365":
                tally.add(.accepted(order, PlacedOrder(kept: [0, 2, 3], of: 4), dropped: .shortage))
            case .place(let order) where order.invoice == "536366": tally.add(.refused(order, .shortage))
            case .place(let order): tally.add(.accepted(order, PlacedOrder(kept: [0], of: 1), dropped: .shortage))
            case .cancel(let cancellation):
                let fill = CancellationFill(cancellation, of: tally.placedOrder(cancellation.orderID))
                tally.add(.cancelled(cancellation, fill, refused: nil))
            case .fulfil(let fulfilment): tally.add(.fulfilled(fulfilment, refused: nil))
            case .takeBack(let cancellation):
                let fill = CancellationFill(cancellation, of: tally.placedOrder(cancellation.orderID))
                tally.add(.tookBack(cancellation, fill, refused: nil))
            }
        }
        let log = CallLog()
        log.answered(.reserve, after: .microseconds(1_500))
        let books = Holdfast_V1_CheckBooksResponse.with {
            $0.agree = true
            $0.cells = 3
            $0.orders = 2
        }
        return ReplayReport(
            offered: offered, problems: plan.problems, accepted: tally.accepted, refused: tally.refused,
            notReplayed: plan.notReplayed,
            pace: ReplayPace(
                workers: 16, milliseconds: 2_500, ordersPlaced: tally.ordersPlaced, calls: 10, repeated: 1),
            latencies: log.latencies,
            books: BooksFigures(
                books, replayedOpenUnits: tally.accepted.openGoodsUnits, allocatedUnits: tally.accepted.openGoodsUnits),
            life: nil)
    }

    @Test("adds up exactly what was accepted, and the rest by reason")
    func addsUp() throws {
        let report = try report()
        #expect(report.accepted.orders == 2)
        #expect(report.accepted.ordersInPart == 1)
        #expect(report.accepted.lines == 4)
        #expect(report.accepted.saleUnits == 7)
        #expect(report.accepted.freeUnits == 2)
        #expect(report.accepted.grossSales.exactText == "33.330")
        #expect(report.accepted.adjustmentValue.exactText == "100.00")
        #expect(report.accepted.cancelled.units == 2)
        #expect(report.accepted.cancelled.count == 1)
        #expect(report.accepted.cancelledValue.exactText == "5.110")
        #expect(report.accepted.returned.units == 5)
        #expect(report.accepted.openGoodsUnits == 6)
        #expect(report.refused["shortage"]?.orders == 1)
        #expect(report.refused["shortage"]?.lines == 2)
        #expect(report.refused["shortage"]?.units == 7)
        #expect(report.refused["shortage"]?.value.exactText == "13.520")
        #expect(report.refused["cancellation_never_accepted"]?.units == 5)
        #expect(report.refused["cancellation_never_accepted"]?.value.exactText == "11.320")
        #expect(report.refused["correction_not_on_hand"]?.units == 2)
        #expect(report.isSound)
    }

    @Test("is printed for machines with its members in a fixed order")
    func printsJSON() throws {
        let json = try report().json
        guard case .object(let members) = json else {
            Issue.record("the report is an object")
            return
        }
        #expect(
            members.map(\.name) == [
                "offered", "problems", "accepted", "refused", "not_replayed", "throughput", "latency", "books",
            ])
        let text = json.pretty()
        #expect(text.contains("\"gross_sales_gbp\": \"33.33\""))
        #expect(text.contains("\"orders_per_second\": \"0.8\""))
        #expect(text.contains("\"seconds\": \"2.500\""))
        #expect(text.contains("\"calls_per_second\": \"4.0\""))
        #expect(text.contains("\"p50_ms\": \"1.500\""))
        #expect(text.contains("\"agree\": true"))
        #expect(text.contains("\"oversold\": 0"))
    }

    @Test("is printed for people in columns")
    func printsText() throws {
        let text = try report().text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(lines.contains { $0.hasPrefix("  orders") && $0.contains("1 of them in part") })
        #expect(lines.contains { $0.contains("33.33 GBP") })
        #expect(lines.contains { $0.hasPrefix("  shortage") && $0.contains("2 lines") && $0.contains("7 units") })
        #expect(lines.contains { $0.hasPrefix("  they agree") && $0.hasSuffix("yes") })
        #expect(lines.allSatisfy { $0.last != " " })
    }
}
