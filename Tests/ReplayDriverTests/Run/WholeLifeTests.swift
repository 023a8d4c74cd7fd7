import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Replay
import Testing

@testable import ReplayDriver

@Suite("A replay from capture to delivery, against a server", .serialized)
struct WholeLifeTests {
    private static let read = Result {
        try Books.plan(Books.weeks(), replenishment: Replenishment(openingPercent: 40), dispatch: DispatchRule())
    }

    private func run(_ stack: ReplayStack) throws -> ReplayRun<FramedClientTransport> {
        let (plan, offered) = try Self.read.get()
        return ReplayRun(
            plan: plan, offered: offered, client: stack.client, options: ReplayOptions(workers: 16, end: .delivery))
    }

    private func expectSound(_ report: ReplayReport, _ comment: Comment) throws {
        #expect(report.books.agree, comment)
        #expect(report.books.unitsAgree, comment)
        #expect(report.books.oversold == 0, comment)
        let accounts = try #require(report.life).accounts
        #expect(accounts.firstUnbalanced == [], comment)
        #expect(accounts.isBalanced, comment)
        #expect(accounts.orders == report.accepted.orders, comment)
        #expect(accounts.sums.refundsDue == 0, comment)
        #expect(report.isSound, comment)
    }

    /// Everything but pace and what the run itself placed.
    private func lasting(_ report: ReplayReport) -> (AcceptedFigures, [String: RefusedFigures], LifeFigures?) {
        var accepted = report.accepted
        accepted.ordersFound = 0
        var life = report.life
        life?.secondsToShip.sort()
        return (accepted, report.refused, life)
    }

    @Test("sends, takes back and pays back every order to the penny, and a second run changes nothing")
    func runsTwice() async throws {
        try await ReplayStack.with { stack in
            let first = try run(stack)
            let report = try await first.run()
            try expectSound(report, "after the first run")
            let life = try #require(report.life)
            #expect(life.sent.count > 0)
            #expect(life.takenBack.count > 0)
            #expect(report.accepted.cancelled.count > 0)
            #expect(life.ordersWaiting == first.plan.ordersWaiting)
            #expect(life.accounts.returns > 0)
            #expect(life.accounts.fulfilments == life.sent.count)
            #expect(life.accounts.splitOrders == 0)
            #expect(life.accounts.sums.recognised > 0)
            #expect(life.accounts.sums.returned > 0)
            #expect(life.accounts.sums.taken > life.accounts.sums.captured)
            #expect(life.accounts.unitsReturned == life.takenBack.units)
            #expect(
                Set(report.refused.keys).isSubset(of: [
                    "shortage", "cancellation_never_accepted", "correction_not_on_hand",
                ]))

            let second = try await run(stack).run()
            try expectSound(second, "after the second run")
            #expect(second.pace.ordersPlaced == 0)
            #expect(lasting(second) == lasting(report))
            #expect(second.books.allocatedUnits == report.books.allocatedUnits)
            let reading: Set<CallKind> = [
                .getProduct, .getOrder, .listOrders, .listMovements, .getPayments, .listReturns, .listFulfilments,
                .checkBooks,
                .getStock,
            ]
            #expect(Set(second.latencies.map(\.kind)).isSubset(of: reading))
        }
    }

    @Test("carries on after a run that was broken off", arguments: [90, 260])
    func resumes(operations: Int) async throws {
        try await ReplayStack.with { stack in
            let broken = try run(stack)
            let begun = Task {
                try await broken.run { progress in
                    if progress.done == operations { withUnsafeCurrentTask { $0?.cancel() } }
                }
            }
            await #expect(throws: (any Error).self) { try await begun.value }
            let report = try await run(stack).run()
            try expectSound(report, "after the run that followed")
            #expect(try await broken.missingAcknowledgements().isEmpty)
            let second = try await run(stack).run()
            #expect(lasting(second) == lasting(report))
        }
    }

    @Test("survives the server's end and restart in the middle of fulfilments and refunds")
    func survivesTheServer() async throws {
        try await ReplayStack.with { stack in
            let run = try run(stack)
            let marks = Set((1...3).map { run.plan.operations.count * $0 / 4 })
            let (reached, announce) = AsyncStream<Void>.makeStream()
            let running = Task {
                defer { announce.finish() }
                return try await run.run { if marks.contains($0.done) { announce.yield() } }
            }
            for await _ in reached { try await stack.restartServer() }
            let report = try await running.value
            try expectSound(report, "after the restarts")
            #expect(report.pace.repeated > 0)
        }
    }
}
