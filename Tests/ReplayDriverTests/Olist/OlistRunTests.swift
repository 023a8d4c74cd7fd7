import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import Replay
@testable import ReplayDriver

@Suite("A replay of the Olist layout, against a server", .serialized)
struct OlistRunTests {
    /// An invented market: sixty orders of every status from five sellers, two of whom sell the same article.
    private static func market() throws -> OlistBooks {
        var state: UInt64 = 7
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var files: [OlistFile: [String]] = [
            .orders: [
                "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,"
                    + "order_delivered_customer_date,order_estimated_delivery_date"
            ],
            .items: ["order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"],
            .payments: ["order_id,payment_sequential,payment_type,payment_installments,payment_value"],
            .customers: ["customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"],
            .sellers: ["seller_id,seller_zip_code_prefix,seller_city,seller_state"],
            .products: ["product_id,category,weight_g,length_cm,height_cm,width_cm"],
            .places: [
                "zip_code_prefix,lat_mean,lng_mean,state,points", "01001,-23.55,-46.63,SP,1",
                "20001,-22.90,-43.17,RJ,1",
            ],
        ]
        for seller in 0..<5 { files[.sellers]?.append("s\(seller),\(seller % 2 == 0 ? "01001" : "20001"),x,SP") }
        for product in 0..<10 { files[.products]?.append("p\(product),toys,\(200 + 50 * product),20,10,15") }
        let statuses = OlistOrder.Status.allCases.map(\.rawValue) + ["delivered", "delivered", "delivered", "canceled"]
        for number in 0..<60 {
            let status = statuses[number % statuses.count]
            let day = String(number / 8 + 10)
            let isSent = ["shipped", "delivered"].contains(status)
            // The last of the cancelled ones had arrived already.
            let hasArrived = status == "delivered" || number % statuses.count == statuses.count - 1
            files[.customers]?.append("c\(number),u\(number % 13),\(number % 3 == 0 ? "20001" : "01001"),x,SP")
            files[.orders]?.append(
                "o\(number),c\(number),\(status),2018-01-\(day) 10:00:00,2018-01-\(day) 11:00:00,"
                    + (isSent || hasArrived ? "2018-01-\(day) 18:00:00," : ",")
                    + (hasArrived ? "2018-01-28 12:00:00," : ",") + "2018-01-27 00:00:00")
            if number % 20 == 19 { continue }
            var cost = 0
            for item in 1...(1 + draw(3)) {
                // Article 0 is sold by sellers 0 and 1, every other one by the seller of its number.
                let product = draw(10)
                let seller = product == 0 ? draw(2) : product % 5
                let (price, freight) = (100 + 37 * product, draw(900))
                cost += price + freight
                files[.items]?.append(
                    "o\(number),\(item),p\(product),s\(seller),,\(OlistOffered.text(Int64(price))),"
                        + OlistOffered.text(Int64(freight)))
            }
            let voucher = number % 4 == 0 ? min(cost - 1, 150) : 0
            if voucher > 0 { files[.payments]?.append("o\(number),2,voucher,1,\(OlistOffered.text(Int64(voucher)))") }
            let rest = cost - voucher + [0, 0, 1, -1, 0, 250][number % 6]
            files[.payments]?.append(
                "o\(number),1,\(number % 5 == 0 ? "boleto" : "credit_card"),1,\(OlistOffered.text(Int64(rest)))")
        }
        return try OlistBooks { MemoryByteSource(Array((files[$0] ?? []).joined(separator: "\n").utf8)) }
    }

    @Test("brings every order as far as its status says, to the penny, and a second run changes nothing")
    func runsTwice() async throws {
        let books = try Self.market()
        #expect(books.problems.count == 0)
        try await ReplayStack.with { stack in
            let run = OlistRun(books, client: stack.client)
            let report = try await run.run()
            #expect(report.life.accounts.firstUnbalanced == [])
            #expect(report.figures.held == [:])
            #expect(report.figures.refused == [:])
            #expect(report.books.agree)
            #expect(report.books.unitsAgree)
            #expect(report.isSound)
            #expect(report.figures.orders == run.plan.sales.count)
            #expect(report.figures.value == run.plan.sales.reduce(0) { $0 + $1.total })
            for end in [OlistSale.End.paid, .acknowledged, .shipped, .delivered, .cancelled, .returned] {
                let planned = run.plan.sales.count { $0.end == end }
                #expect(planned > 0)
                #expect(report.figures.ends[end] == planned)
            }
            #expect(report.figures.sourced > 0)
            #expect(report.figures.sourcedByPlan == report.figures.sourced)
            #expect(report.life.accounts.splitOrders > 0)
            #expect(report.life.accounts.sums.refundsDue == 0)
            #expect(report.life.accounts.sums.givenBack > 0)

            let again = OlistRun(books, client: stack.client)
            let second = try await again.run()
            #expect(second.isSound)
            #expect(second.life.accounts == report.life.accounts)
            #expect(second.figures.ends == report.figures.ends)
            #expect(second.figures.unitsMoved == report.figures.unitsMoved)
            #expect(second.books.orders == report.books.orders)
            #expect(second.books.allocatedUnits == report.books.allocatedUnits)
        }
    }

    @Test("carries on after a run that was broken off")
    func resumes() async throws {
        let books = try Self.market()
        try await ReplayStack.with { stack in
            let broken = OlistRun(books, client: stack.client)
            let begun = Task {
                try await broken.run { progress in
                    if progress.done == 20 { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: (any Error).self) { try await begun.value }
            let report = try await OlistRun(books, client: stack.client).run()
            #expect(report.life.accounts.firstUnbalanced == [])
            #expect(report.isSound)
            #expect(report.figures.orders == broken.plan.sales.count)
        }
    }

    @Test("reports what the files tell beside what the service has, for people and for programs")
    func reports() async throws {
        let books = try Self.market()
        let report = OlistReport(
            offered: OlistOffered(books), problems: books.problems, figures: OlistFigures(), life: LifeFigures(),
            pace: ReplayPace(workers: 1, milliseconds: 1_000, ordersPlaced: 0, calls: 0, repeated: 0), latencies: [],
            books: BooksFigures(.with { $0.agree = true }, replayedOpenUnits: 0, allocatedUnits: 0))
        #expect(report.isSound)
        #expect(report.text.contains("orders without items"))
        #expect(report.text.contains("conserved"))
        guard case .object(let members) = report.json else {
            Issue.record("the report is no object")
            return
        }
        #expect(members.map(\.name) == ["offered", "problems", "accepted", "life", "throughput", "latency", "books"])
    }
}
