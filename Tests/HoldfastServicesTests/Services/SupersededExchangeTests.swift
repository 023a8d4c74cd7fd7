import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Logging
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

/// Remembers what was told at error level.
private struct ErrorLog: LogHandler {
    let errors: Box<[Logger.Metadata]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.error

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        errors.value.append(event.metadata ?? [:])
    }
}

@Suite("Exchanges that were given up before their order was placed")
struct SupersededExchangeTests {
    /// Releases units of an order's first line, as for a fulfilment.
    private func release(_ units: Int64, of order: EntityID, _ shop: ReturnBench) async throws {
        let change = OrderChange(id: .fresh, order: order, kind: .cancellation, body: [1], caller: .anonymous)
        _ = try await shop.bench.deployment.ledger.changeOrder(change) { work in
            try work.move(.release, units, line: 1, from: .allocated)
            return []
        }
    }

    @Test(
        "What is released of its order is told to people once, and nobody looks for it again",
        arguments: [(released: 1, isOver: false), (2, false), (1, true), (2, true)])
    func released(units: Int64, isOver: Bool) async throws {
        try await ReturnBench.with { shop in
            let errors = Box<[Logger.Metadata]>([])
            let processing = OrderProcessing(
                promising: shop.bench.deployment.promising,
                logger: Logger(label: "test", factory: { _ in ErrorLog(errors: errors) }))
            let made = try await shop.create(try await shop.sell([("A", 3, 3, 0)]), [(1, 1)])
            let request = ReturnBench.exchange(made, [("C", 2, 4)], id: .fresh)
            let asked = try await shop.bench.deployment.ledger.beginExchange(
                try ReturnRequests.exchange(
                    request, body: IdempotentBody(.exchangeReturn, request).bytes, by: .anonymous))
            let order = asked.request.id
            #expect(try await shop.bench.deployment.ledger.giveUpExchange(asked))
            if isOver {
                _ = try await shop.change(made, .cancel)
            } else {
                _ = try await shop.exchange(made, [("C", 1, 3)])
            }
            _ = try await shop.bench.deployment.place(processing.order(for: asked))
            try await release(units, of: order, shop)
            #expect(try await shop.bench.deployment.ledger.askedExchanges(afterSeconds: 0, limit: 9) == [order])
            // Nothing of the exchange has moved, so that the server rests.
            for _ in 0..<3 { #expect(try await processing.resumeExchanges(afterSeconds: 0) == 0) }
            #expect(try await shop.bench.deployment.ledger.askedExchanges(afterSeconds: 0, limit: 9).isEmpty)
            #expect(errors.value == [["order_id": "\(order)", "return": "\(made.number)"]])
            let quantities = try await shop.order(order).lines[0].quantities
            #expect(quantities.contains { $0.status == .released && $0.quantity == units })
            #expect(quantities.contains { $0.status == .cancelled } == (units < 2))
            // Whoever makes the call again is told the same, and people are not.
            let again = try await status {
                try await shop.bench.returns.exchangeReturn(request: request, context: shop.context)
            }
            #expect(try RefusalDetails.state(of: again) == "given_up")
            #expect(errors.value.count == 1)
        }
    }

    @Test("One whose order can be cancelled whole moves once, and is told to nobody")
    func open() async throws {
        try await ReturnBench.with { shop in
            let made = try await shop.create(try await shop.sell([("A", 3, 3, 0)]), [(1, 1)])
            let request = ReturnBench.exchange(made, [("C", 2, 4)], id: .fresh)
            let asked = try await shop.bench.deployment.ledger.beginExchange(
                try ReturnRequests.exchange(
                    request, body: IdempotentBody(.exchangeReturn, request).bytes, by: .anonymous))
            #expect(try await shop.bench.deployment.ledger.giveUpExchange(asked))
            _ = try await shop.change(made, .cancel)
            _ = try await shop.bench.deployment.place(shop.bench.processing.order(for: asked))
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 1)
            #expect(try await shop.bench.processing.resumeExchanges(afterSeconds: 0) == 0)
            #expect(try await shop.order(asked.request.id).status == .cancelled)
            #expect(try await shop.booksAreExact())
        }
    }
}
