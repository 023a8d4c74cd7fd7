import Domain
import Foundation
import HoldfastTesting
import Sourcing
import Testing

@Suite("The independent optimum")
struct OptimumTests {
    private struct Result: Decodable {
        var cost: Int64?
        var dropped: [String]
    }

    @Test("A thousand random orders cost exactly what CP-SAT finds, with the same constraints dropped")
    func equal() throws {
        var problems: [SourcingProblem] = []
        for seed in UInt64(1)...1_000 {
            var maker = RandomProblem(seed: seed)
            let size = (maker.random.number(1...4), maker.random.number(1...6))
            problems.append(maker.make(lines: size.0, locations: size.1, units: 3))
        }
        let folder = TestDirectory.make("sourcing")
        let (input, output) = (folder + "/problems.json", folder + "/results.json")
        try FileValue.array(problems.map(\.file)).canonical.write(toFile: input, atomically: true, encoding: .utf8)
        let run = try RunProgram.run([
            Repository.root + "/.build/python-solver/bin/python", Repository.root + "/Tests/SourcingTests/optimum.py",
            input, output,
        ])
        #expect(run.status == 0, "\(run.text)")
        let results = try JSONDecoder().decode([Result].self, from: try Data(contentsOf: URL(fileURLWithPath: output)))
        #expect(results.count == problems.count)
        var planned = 0
        var split = 0
        for (index, (problem, result)) in zip(problems, results).enumerated() {
            let plan = try Sourcing.plan(problem)
            #expect((plan.hasPlan ? plan.cost.total : nil) == result.cost, "seed \(index + 1)")
            #expect(plan.status == .optimal || plan.status == .infeasible, "seed \(index + 1)")
            #expect(plan.dropped.map(\.constraint.rawValue) == result.dropped, "seed \(index + 1)")
            if plan.hasPlan { planned += 1 }
            if plan.shipments.count > 1 { split += 1 }
        }
        // Many of them have a plan, and many of the plans are no single shipment.
        #expect(planned > 400 && split > 100, "\(planned) planned, \(split) split")
    }
}
