import HoldfastTesting
import Testing
import Torture

@Suite("Torture", .serialized)
struct TortureRunTests {
    @Test("a short run under every fault that fits keeps every promise")
    func short() async throws {
        var options = TortureOptions(seed: 20)
        options.seconds = 15
        options.clients = 12
        options.faults = [.killServer, .killRedis, .killPostgres, .flushRedis, .twoRedis, .cutPostgres, .silentClients]
        let report = try await TortureRun.alone(
            options, program: BuiltProgram.path, directory: TestDirectory.make("torture"))
        #expect(report.isSound, "\(report.text)")
        #expect(report.acknowledgedReservations > 0)
        #expect(report.acknowledgedOrders > 0)
        #expect(report.acknowledgedSteps > 0)
        #expect(!report.underFaults.isEmpty)
    }

    @Test("a run on a deployment that runs already keeps every promise")
    func attached() async throws {
        try await ServedStack.with { stack in
            var options = TortureOptions(seed: 21)
            options.seconds = 5
            options.clients = 8
            options.faults = [.cutClients]
            let report = try await TortureRun.attached(
                options, to: [ServerPlace(host: "127.0.0.1", port: stack.port)], tag: "SHOP")
            #expect(report.isSound, "\(report.text)")
            #expect(report.acknowledgedReservations > 0)
        }
    }
}
