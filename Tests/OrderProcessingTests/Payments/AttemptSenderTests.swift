import Domain
import HoldfastTesting
import Ledger
import Synchronization
import Testing

@testable import OrderProcessing

@Suite("What sends payment attempts beside the settling")
struct AttemptSenderTests {
    /// A gateway whose answers come when a test says so, or when it is cancelled.
    private final class Sendings: Sendable {
        struct State {
            var begun: [Int16] = []
            var underWay: [EntityID: Int] = [:]
            var most = 0
            var mostOfOrder = 0
            var ended = 0
            var isOpen = false
        }
        let state = Mutex(State())

        func send(_ made: PaymentReply) async {
            state.withLock { state in
                state.begun.append(made.tender)
                state.underWay[made.order, default: 0] += 1
                state.most = max(state.most, state.underWay.values.reduce(0, +))
                state.mostOfOrder = max(state.mostOfOrder, state.underWay[made.order] ?? 0)
            }
            while !Task.isCancelled, !state.withLock({ $0.isOpen }) { await Task.yield() }
            state.withLock { state in
                state.underWay[made.order, default: 0] -= 1
                state.ended += 1
            }
        }

        func open() { state.withLock { $0.isOpen = true } }
        var begun: [Int16] { state.withLock { $0.begun } }
        var ended: Int { state.withLock { $0.ended } }
    }

    private let pounds = Currency(code: "GBP")

    private func made(_ order: EntityID, _ number: Int16) throws -> PaymentReply {
        PaymentReply(order: order, currency: try #require(pounds), tender: number, calls: [])
    }

    @Test("so many at a time, one of an order at a time, and all in the end")
    func bounded() async throws {
        let sendings = Sendings()
        let sender = AttemptSender(width: 2, room: 10, longestWait: .seconds(3_600)) { await sendings.send($0) }
        let running = Task { await sender.run() }
        let (first, second, third) = (EntityID.fresh, EntityID.fresh, EntityID.fresh)
        for (number, order) in [first, first, second, third, first].enumerated() {
            sender.take(try made(order, Int16(number)))
        }
        #expect(try await eventually { sendings.begun.count == 2 })
        // The second one of the first order lets the other order go ahead.
        #expect(sendings.begun.sorted() == [0, 2])
        sendings.open()
        #expect(try await eventually { sendings.ended == 5 })
        let state = sendings.state.withLock { $0 }
        #expect(state.most == 2)
        #expect(state.mostOfOrder == 1)
        #expect(state.begun.filter { [0, 1, 4].contains($0) } == [0, 1, 4])
        running.cancel()
        await running.value
    }

    @Test("what finds no room is left to those who ask later")
    func full() async throws {
        let sendings = Sendings()
        let sender = AttemptSender(width: 1, room: 1, longestWait: .seconds(3_600)) { await sendings.send($0) }
        for number in 0..<4 { sender.take(try made(.fresh, Int16(number))) }
        let running = Task { await sender.run() }
        #expect(try await eventually { sendings.begun == [0] })
        sendings.open()
        #expect(try await eventually { sendings.ended == 2 })
        sender.take(try made(.fresh, 9))
        #expect(try await eventually { sendings.ended == 3 })
        #expect(sendings.begun == [0, 1, 9])
        running.cancel()
        await running.value
    }

    @Test("what has waited for too long is left to those who ask later")
    func late() async throws {
        let sendings = Sendings()
        let sender = AttemptSender(width: 1, room: 10, longestWait: .zero) { await sendings.send($0) }
        for number in 0..<4 { sender.take(try made(.fresh, Int16(number))) }
        let running = Task { await sender.run() }
        #expect(try await eventually { !sendings.begun.isEmpty })
        sendings.open()
        // Each waits for less than nothing, unless nobody is sent for.
        let last = try made(.fresh, 9)
        #expect(
            try await eventually {
                sender.take(last)
                return sendings.begun.contains(9)
            })
        #expect(sendings.begun.count < 5)
        running.cancel()
        await running.value
    }

    @Test("who cancels it gets it back when nothing is being sent any more")
    func cancelled() async throws {
        let sendings = Sendings()
        let sender = AttemptSender(width: 3, room: 10, longestWait: .seconds(3_600)) { await sendings.send($0) }
        let running = Task { await sender.run() }
        for number in 0..<5 { sender.take(try made(.fresh, Int16(number))) }
        #expect(try await eventually { sendings.begun.count == 3 })
        running.cancel()
        await running.value
        #expect(sendings.begun.count == 3)
        #expect(sendings.ended == 3)
    }
}
