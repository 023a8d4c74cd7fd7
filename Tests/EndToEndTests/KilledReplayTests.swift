import FramedTransport
import GRPCCore
import HoldfastTesting
import NIOPosix
import Replay
import ReplayDriver
import Testing

@Suite("Killed in the middle of a replay", .serialized)
struct KilledReplayTests {
    @Test(
        "everything acknowledged is there after the restart, and the books agree", arguments: ServedStack.Part.allCases)
    func killed(part: ServedStack.Part) async throws {
        let (plan, offered) = try ReplaySource.sample.plan(ReplayOptions(scope: ReplayScope(limit: 400)))
        try await ServedStack.with { stack in
            let transport = FramedClientTransport(
                host: "127.0.0.1", port: stack.port, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
            try await withGRPCClient(transport: transport) { client in
                let run = ReplayRun(plan: plan, offered: offered, client: client, options: ReplayOptions(workers: 16))
                let done = Box(0)
                async let report = run.run { done.value = $0.done }
                for portion in 1...3 {
                    let mark = plan.operations.count * portion / 4
                    #expect(try await eventually(within: 120) { done.value >= mark })
                    try await stack.killAndRestart(part)
                }
                let made = try await report
                #expect(made.isSound)
                #expect(made.books.oversold == 0)
                #expect(try await run.missingAcknowledgements().isEmpty)
                #expect(!run.acknowledgements.orders.isEmpty)
                let again = try await ReplayRun(plan: plan, offered: offered, client: client).run()
                #expect(again.isSound)
                #expect(again.books.orders == made.books.orders)
                #expect(again.books.allocatedUnits == made.books.allocatedUnits)
            }
        }
    }
}
