import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import PostgresClient
import SwiftProtobuf
import Synchronization
import Testing

@testable import HoldfastServices
@testable import Ledger

@Suite("Invoices, receipts and credit memos")
struct DocumentTests {
    @Test("What ships is invoiced once, what is given back has a memo, and parts add up to the order")
    func shipped() async throws {
        try await PaymentBench.with { bench in
            let order = try await bench.place([(3, 333)], tax: 100)
            _ = try await bench.add(order, .cardGateway)
            for _ in 0..<3 {
                try await bench.ship(order, 1)
                try await bench.settles(order)
            }
            let invoices = try await bench.documents(order)
            #expect(invoices.map(\.kind) == [.invoice, .invoice, .invoice])
            #expect(invoices.map(\.total.amountMinor).reduce(0, +) == 1_099)
            try await bench.takeBack(order, 1)
            let refund = try await bench.refund(order)
            let memo = try #require(try await bench.documents(order).last)
            #expect(memo.kind == .creditMemo)
            #expect(memo.causeID == refund.attempts.first?.attemptID)
            #expect(memo.total.amountMinor == refund.attempts.first?.amount.amountMinor)
            let read = try await bench.service.getDocument(
                request: .with { $0.document = invoices[0].number }, context: bench.context
            ).document
            #expect(read.documentID == invoices[0].documentID)
            #expect(read.text.contains("Invoice \(read.number)"))
            #expect(read.text.contains("1 x A"))
            #expect(read.json.contains("\"total_minor\":\(read.total.amountMinor)"))
            #expect(
                try await bench.service.getDocument(
                    request: .with { $0.document = read.documentID }, context: bench.context
                ).document == read)
            #expect(try await bench.events(order).count { $0 == "document_issued" } == 4)
            let taxes = try await bench.numbers(
                """
                SELECT sum((t->>'amount_minor')::int8)::int8 FROM document d, json_array_elements(d.json::json->'lines') l,
                    json_array_elements(l->'taxes') t WHERE d.kind = 1
                """)
            #expect(taxes == [100])
        }
    }

    @Test("A till sale has its receipt with the last tender, by the legal entity of its channel")
    func receipt() async throws {
        try await PaymentBench.with { bench in
            _ = try await bench.service.setLegalEntity(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.channel = "shop"
                    $0.legalEntity = "UK-1"
                }, context: bench.context)
            let order = try await bench.place([(1, 2_000)], goodsInHand: true)
            _ = try await bench.add(order, .cash, 500)
            #expect(try await bench.documents(order).isEmpty)
            _ = try await bench.add(order, .terminal)
            let receipt = try #require(try await bench.documents(order).first)
            #expect(receipt.kind == .receipt)
            #expect(receipt.legalEntity == "UK-1")
            #expect(receipt.number.hasPrefix("UK-1-REC-"))
            let text = try await bench.service.getDocument(
                request: .with { $0.document = receipt.number }, context: bench.context
            ).document.text
            #expect(text.contains("paid by cash  5.00 GBP"))
            #expect(text.contains("paid by terminal  15.00 GBP"))
            let listed = try await bench.service.listDocuments(
                request: .with {
                    $0.legalEntity = "UK-1"
                    $0.kind = .receipt
                }, context: bench.context)
            #expect(listed.documents.map(\.number) == [receipt.number])
            for wrong in ["", "uk", "A23456789012345678"] {
                let refused = try await status {
                    try await bench.service.setLegalEntity(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.channel = "shop"
                            $0.legalEntity = wrong
                        }, context: bench.context)
                }
                #expect(refused.code == .invalidArgument)
            }
        }
    }

    @Test("Numbers have no gap, however many are issued at once and whatever is rolled back")
    func gapless() async throws {
        try await PaymentBench.with { bench in
            var orders: [EntityID] = []
            for _ in 0..<20 { orders.append(try await bench.place([(1, 100)], goodsInHand: true)) }
            await withTaskGroup(of: Void.self) { [orders] group in
                for (index, order) in orders.enumerated() {
                    group.addTask {
                        do {
                            // Every fourth transaction dies after it has its number: on the check of a sum.
                            if index % 4 == 3 {
                                try await bench.change(order) { work in
                                    var book = try work.payments()
                                    let id = EntityID.fresh
                                    let tender = try book.add(
                                        Tender(id: id, number: 0, kind: .cash, amount: 0), amount: nil,
                                        by: work.change.caller.actors)
                                    _ = try book.approve(
                                        tender.number, charging: true, id: id, cause: id,
                                        by: work.change.caller.actors)
                                    try work.write(&book)
                                    throw TestFailure("rolled back")
                                }
                            } else {
                                _ = try await bench.add(order, .cash)
                            }
                        } catch {
                            // The others go on.
                        }
                    }
                }
            }
            #expect(
                try await bench.numbers("SELECT number FROM document WHERE kind = 2 ORDER BY number") == Array(1...15))
            #expect(try await bench.numbers("SELECT last FROM document_counter WHERE kind = 2") == [15])
        }
    }

    @Test("Lists go on where they ended, newest first")
    func pages() async throws {
        try await PaymentBench.with { bench in
            for _ in 0..<5 {
                let order = try await bench.place([(1, 100)], goodsInHand: true)
                _ = try await bench.add(order, .cash)
            }
            var numbers: [String] = []
            var token = ""
            repeat {
                let page = try await bench.service.listDocuments(
                    request: .with {
                        $0.pageSize = 2
                        $0.pageToken = token
                    }, context: bench.context)
                numbers += page.documents.map(\.number)
                token = page.nextPageToken
            } while !token.isEmpty
            #expect(numbers == numbers.sorted(by: >))
            #expect(numbers.count == 5)
        }
    }

    @Test("Changes that want the counters of one another both go through, and numbers have no gap")
    func counters() async throws {
        try await PaymentBench.with(works: false) { bench in
            var orders: [EntityID] = []
            for _ in 0..<2 {
                let order = try await bench.place([(2, 100)], customer: "C-1")
                _ = try await bench.add(order, .cash)
                orders.append(order)
            }
            let meeting = Meeting()
            try await withThrowingTaskGroup(of: Void.self) { [orders] group in
                group.addTask {
                    try await bench.change(orders[0]) { work in
                        try Self.giveCredit(in: &work)
                        try meeting.pass(work)
                        try Self.invoice(in: &work)
                    }
                }
                group.addTask {
                    try await bench.change(orders[1]) { work in
                        try Self.invoice(in: &work)
                        try meeting.pass(work)
                        try Self.giveCredit(in: &work)
                    }
                }
                try await group.waitForAll()
            }
            #expect(meeting.comers == 3)
            for order in orders {
                #expect(Set(try await bench.documents(order).map(\.kind)) == [.invoice, .creditMemo])
            }
            let numbers = try await bench.numbers("SELECT number FROM document ORDER BY kind, number")
            #expect(numbers == [1, 2, 1, 2])
        }
    }

    /// Where two changes wait for one another before they go on; who comes once more passes.
    private final class Meeting: Sendable {
        private static let rest = PostgresStatement("rest", "SELECT pg_sleep(0.01)", access: .readOnly)
        private let count = Mutex(0)

        var comers: Int { count.withLock { $0 } }

        func pass(_ work: OrderWork) throws {
            count.withLock { $0 += 1 }
            while comers < 2 { try work.connection.execute(Self.rest) }
        }
    }

    /// Sends a unit, and writes the payments: that is invoiced.
    private static func invoice(in work: inout OrderWork) throws {
        try work.move(.release, 1, line: 1, from: .allocated)
        try work.move(.pick, 1, line: 1, from: .released)
        try work.move(.pack, 1, line: 1, from: .picked)
        try work.move(.ship, 1, line: 1, from: .packed)
        var book = try work.payments()
        try work.write(&book)
    }

    /// Cancels a unit and gives store credit for it, which has a credit memo.
    private static func giveCredit(in work: inout OrderWork) throws {
        try work.move(.cancel, 1, line: 1, from: .allocated)
        var book = try work.payments()
        try book.credit(100, of: work)
        try work.write(&book)
    }
}
