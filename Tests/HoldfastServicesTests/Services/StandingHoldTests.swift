import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Holds that people have placed")
struct StandingHoldTests {
    private static let paid = Holdfast_V1_ReviewRules.with { $0.payment = true }
    private static let off = Holdfast_V1_ReviewRules.with { $0.off = true }

    private func look(_ bench: ReviewBench) async throws {
        try await bench.passTime()
        try await bench.settle()
    }

    @Test("A channel without its rules lifts what they held; what a person holds stands until it is approved")
    func rulesTurnedOff() async throws {
        try await ReviewBench.with(Self.paid) { bench in
            let id = try await bench.place()
            let other = try await bench.place()
            try await bench.settle()
            _ = try await bench.hold(id)
            #expect(try await bench.open(id) == [.paymentMissing, .manual])
            try await bench.setRules(Self.off)
            try await look(bench)
            #expect(try await bench.open(id) == [.manual])
            #expect(try await bench.open(other).isEmpty)
            #expect(try await bench.order(other).review.state == .ended)
            try await look(bench)
            #expect(try await bench.open(id) == [.manual])
            let refused = await #expect(throws: Refusal.self) {
                try await bench.processing.release(id, cause: .fresh)
            }
            guard case .wrongState(_, _, "held", _) = refused else { throw TestFailure("another refusal") }

            _ = try await bench.approve(id, [.manual])
            #expect(try await bench.open(id).isEmpty)
            #expect(try await bench.order(id).review.state == .ended)
            try await look(bench)
            // Nobody releases orders of a channel without rules but who asks for it.
            #expect(bench.release.released.isEmpty)
            try await bench.processing.release(id, cause: .fresh)
            #expect(try await bench.order(id).lines[0].quantities.map(\.status) == [.released])
        }
    }

    @Test("An order whose review has ended with the rules can be held and approved")
    func heldAfterwards() async throws {
        try await ReviewBench.with(Self.paid) { bench in
            let id = try await bench.place()
            try await bench.settle()
            try await bench.setRules(Self.off)
            try await look(bench)
            #expect(try await bench.order(id).review.state == .ended)
            _ = try await bench.hold(id)
            try await look(bench)
            #expect(try await bench.open(id) == [.manual])
            await #expect(throws: Refusal.self) { try await bench.processing.release(id, cause: .fresh) }
            _ = try await bench.approve(id)
            #expect(try await bench.open(id).isEmpty)
            try await bench.processing.release(id, cause: .fresh)
        }
    }

    @Test("A cancellation of all that waits does not lift it while a location may give units up")
    func cancelled() async throws {
        for rules in [nil, Self.paid] {
            try await ReviewBench.with(rules) { bench in
                let id = try await bench.place([("A", 2, 500), ("B", 1, 500)])
                try await bench.settle()
                if rules != nil {
                    _ = try await bench.approve(id)
                    #expect(try await bench.order(id).review.state == .validated)
                }
                let change = OrderChange(
                    id: .fresh, order: id, kind: .reviewStep, body: [1], caller: .anonymous)
                _ = try await bench.deployment.ledger.changeOrder(change) { work in
                    try work.move(.release, 2, line: 1, from: .allocated)
                    return []
                }
                _ = try await bench.hold(id)
                _ = try await bench.deployment.cancel(id, [(2, 1)])
                try await look(bench)
                #expect(try await bench.open(id) == [.manual])
                let back = OrderChange(id: .fresh, order: id, kind: .reviewStep, body: [1], caller: .anonymous)
                _ = try await bench.deployment.ledger.changeOrder(back) { work in
                    try work.move(.withdraw, 2, line: 1, from: .released)
                    return []
                }
                try await look(bench)
                #expect(try await bench.open(id) == [.manual])
                #expect(bench.release.released.isEmpty)
                _ = try await bench.deployment.cancel(id, [(1, 2)])
                #expect(try await bench.open(id).isEmpty)
            }
        }
    }
}
