import Foundation
import HoldfastTesting
import Testing

@Suite("Bench: the steps of orders", .serialized)
struct BenchStepsTests {
    private struct Report: Decodable {
        struct Side: Decodable {
            var per_second: Double
            var failures: Int
            var wal_bytes: Double
        }
        struct Step: Decodable {
            var step: String
            var ratio: Double
            var service: Side
            var statement: Side
        }
        var orders: Int
        var steps: [Step]
    }

    @Test("every step is made for every order, beside its statement, and each has its figures")
    func steps() async throws {
        let run = try RunProgram.run([
            BuiltProgram.path, "bench", "--steps", "--orders", "40", "--rounds", "2", "--connections", "2", "--depth",
            "4",
            "--skus", "10", "--report", "json",
        ])
        #expect(run.status == 0, "\(run.text)")
        // What it tells of its progress comes before.
        let start = try #require(run.text.firstIndex(of: "{"), "\(run.text)")
        let report = try JSONDecoder().decode(Report.self, from: Data(run.text[start...].utf8))
        #expect(report.orders == 40)
        #expect(
            report.steps.map(\.step) == [
                "place", "pay", "release", "start-picking", "pick", "pack", "ship", "deliver", "return",
                "receive-return",
                "inspect-return", "refund", "settle-return",
            ])
        for step in report.steps {
            #expect(step.service.failures == 0, "\(step.step)")
            #expect(step.statement.failures == 0, "\(step.step)")
            #expect(step.ratio > 0 && step.service.per_second > 0 && step.statement.per_second > 0)
            // Both sides write.
            #expect(step.service.wal_bytes > 0 && step.statement.wal_bytes > 0)
        }
    }
}
