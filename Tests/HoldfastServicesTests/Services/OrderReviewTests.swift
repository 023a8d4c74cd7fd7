import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("The review of orders")
struct OrderReviewTests {
    private static let rules = Holdfast_V1_ReviewRules.with {
        $0.zeroPrice = true
        $0.address = true
        $0.zones = [.with { $0.country = "GB" }]
        $0.maximumAmount = .with {
            $0.currencyCode = "GBP"
            $0.amountMinor = 10_000
        }
    }

    private static let nowhere = Holdfast_V1_Delivery.with {
        $0.method = .ship
        $0.shipTo = .with {
            $0.name = "A"
            $0.lines = ["1"]
            $0.city = "B"
            $0.postcode = "1"
            $0.country = "XX"
        }
    }

    @Test("A channel without rules has no review: nothing is held, nothing is released by itself")
    func without() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 1, 0)], to: Self.nowhere)
            try await bench.settle()
            let order = try await bench.order(id)
            #expect(!order.hasReview)
            #expect(order.holds.isEmpty)
            #expect(bench.release.released.isEmpty)
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM order_review") == [0])
            let refused = try await status { try await bench.validate(id) }
            #expect(refused.code == .failedPrecondition)
            #expect(try Details(refused).info?.reason == "CHANNEL_STATE")
        }
    }

    @Test("An order that keeps the rules is validated, and released once the remorse period is over")
    func passes() async throws {
        var rules = Self.rules
        rules.remorseSeconds = 3_600
        try await ReviewBench.with(rules) { bench in
            let id = try await bench.place()
            try await bench.settle()
            var order = try await bench.order(id)
            #expect(order.review.state == .validated)
            #expect(order.review.releaseDue.seconds == order.placedAt.seconds + 3_600)
            #expect(order.holds.isEmpty)
            #expect(bench.release.released.isEmpty)
            try await bench.passTime()
            try await bench.settle()
            order = try await bench.order(id)
            #expect(order.review.state == .released)
            #expect(!order.review.hasReleaseDue)
            #expect(bench.release.released == [id])
            #expect(try await bench.events(id) == ["placed", "validated"])
            try await bench.passTime()
            try await bench.settle()
            #expect(bench.release.released == [id])
        }
    }

    @Test("Every reason is named; after the last approval the order passes")
    func approved() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            let id = try await bench.place([("A", 30, 500), ("POST", 1, 0)], to: Self.nowhere)
            try await bench.settle()
            let reasons: [Holdfast_V1_HoldReason] = [
                .priceZero, .addressCountryUnknown, .addressNotServed, .amountTooHigh,
            ]
            #expect(try await bench.open(id) == reasons)
            let listed = try await bench.reviews.listHolds(
                request: .with { $0.pageSize = 3 }, context: bench.context)
            #expect(listed.entries.map(\.hold.reason) == Array(reasons.prefix(3)))
            let rest = try await bench.reviews.listHolds(
                request: .with {
                    $0.pageSize = 3
                    $0.pageToken = listed.nextPageToken
                }, context: bench.context)
            #expect(rest.entries.map(\.hold.reason) == Array(reasons.suffix(1)))
            #expect(rest.entries.map(\.orderID) == [id.description])
            #expect(
                try await bench.reviews.listHolds(
                    request: .with { $0.reason = .addressNotServed }, context: bench.context
                ).entries.count == 1)

            let call = EntityID.fresh
            let first = try await bench.approve(id, [.priceZero, .amountTooHigh], as: call)
            #expect(first.approved == [.priceZero, .amountTooHigh])
            #expect(first.holds.map(\.reason) == [.addressCountryUnknown, .addressNotServed])
            #expect(first.review.state == .held)
            #expect(try await bench.approve(id, [.priceZero, .amountTooHigh], as: call) == first)
            let differs = try await status { try await bench.approve(id, [.priceZero], as: call) }
            #expect(differs.code == .alreadyExists)
            #expect(try Details(differs).info?.metadata["field"] == "reasons")
            let again = try await status { try await bench.approve(id, [.priceZero]) }
            #expect(again.code == .failedPrecondition)
            #expect(try Details(again).info?.reason == "ORDER_HOLD_STATE")

            let last = try await bench.approve(id)
            #expect(last.approved == [.addressCountryUnknown, .addressNotServed])
            #expect(last.review.state == .validated)
            try await bench.settle()
            #expect(try await bench.order(id).review.state == .released)
            let order = try await bench.order(id)
            #expect(order.holds.count == 4)
            #expect(order.holds.allSatisfy { $0.liftedBy == "anonymous" })
            #expect(try await bench.events(id) == ["placed", "held", "hold_lifted", "hold_lifted", "validated"])
            let nothing = try await status { try await bench.approve(id) }
            #expect(nothing.code == .failedPrecondition)
        }
    }

    @Test("What was approved stays approved when the order is looked at again; what is gone holds it no longer")
    func again() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            let id = try await bench.place([("A", 30, 500)], to: nil)
            try await bench.settle()
            #expect(try await bench.open(id) == [.addressMissing, .amountTooHigh])
            _ = try await bench.approve(id, [.amountTooHigh])
            #expect(try await bench.validate(id).holds.map(\.reason) == [.addressMissing])
            try await bench.setRules(.with { $0.remorseSeconds = 60 })
            let call = EntityID.fresh
            let validated = try await bench.validate(id, as: call)
            #expect(validated.holds.isEmpty)
            #expect(validated.review.state == .validated)
            #expect(try await bench.validate(id, as: call) == validated)
            let holds = try await bench.order(id).holds
            #expect(holds.map(\.liftedBy) == ["system:review", "anonymous"])
        }
    }

    @Test("Somebody holds an order, whether it has a review or not, once; another one is told")
    func manual() async throws {
        for rules in [nil, Self.rules] {
            try await ReviewBench.with(rules) { bench in
                let id = try await bench.place()
                try await bench.settle()
                if rules != nil { #expect(try await bench.order(id).review.state == .released) }
                let other = try await bench.place()
                let outcomes = await withTaskGroup(of: (Int?, (any Error)?).self) { group in
                    for _ in 0..<8 {
                        group.addTask {
                            do {
                                return (try await bench.hold(other).holds.count, nil)
                            } catch {
                                return (nil, error)
                            }
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(outcomes.compactMap { $0.0 } == [1])
                for error in outcomes.compactMap({ $0.1 }) {
                    let refused = try #require(error as? RPCError)
                    #expect(refused.code == .failedPrecondition)
                    #expect(try Details(refused).info?.metadata["state"] == "open")
                }
                try await bench.settle()
                #expect(try await bench.open(other) == [.manual])
                #expect(!bench.release.released.contains(other))
                let approved = try await bench.approve(other)
                #expect(approved.approved == [.manual])
                try await bench.settle()
                #expect(bench.release.released.contains(other) == (rules != nil))
                #expect(try await bench.open(other).isEmpty)
                if rules != nil {
                    let late = try await status { try await bench.hold(id) }
                    #expect(late.code == .failedPrecondition)
                }
            }
        }
    }

    @Test("An order that is held before anybody has looked is looked at after the approval")
    func heldFirst() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            let id = try await bench.place([("A", 30, 500)])
            _ = try await bench.hold(id)
            let approved = try await bench.approve(id)
            #expect(approved.review.state == .due)
            try await bench.settle()
            #expect(try await bench.open(id) == [.amountTooHigh])
            #expect(bench.release.released.isEmpty)
        }
    }

    @Test("What is cancelled is held no longer; its review ends")
    func cancelled() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            let id = try await bench.place([("A", 30, 500)], to: nil)
            try await bench.settle()
            func cancel(_ lines: [Holdfast_V1_CancelOrderRequest.Line]) async throws {
                _ = try await bench.orders.cancelOrder(
                    request: .with {
                        $0.cancellationID = EntityID.fresh.description
                        $0.orderID = id.description
                        $0.lines = lines
                    }, context: bench.context)
            }
            try await cancel([
                .with {
                    $0.lineNumber = 1
                    $0.quantity = 20
                }
            ])
            _ = try await bench.validate(id)
            #expect(try await bench.open(id) == [.addressMissing])
            try await cancel([])
            let order = try await bench.order(id)
            #expect(order.review.state == .ended)
            #expect(order.holds.allSatisfy { $0.hasLiftedAt })
            #expect(
                try await bench.reviews.listHolds(request: .init(), context: bench.context).entries.isEmpty)
            let late = try await status { try await bench.hold(id) }
            #expect(late.code == .failedPrecondition)
            #expect(try Details(late).info?.metadata["state"] == "cancelled")
        }
    }

    @Test("A channel's own prices are compared with those of orders")
    func prices() async throws {
        try await ReviewBench.with(.with { $0.priceTolerancePercent = 10 }) { bench in
            func set(_ prices: [(String, Int64?)], as call: EntityID = .fresh) async throws -> Int32 {
                try await bench.reviews.setPrices(
                    request: .with {
                        $0.requestID = call.description
                        $0.channel = TestDeployment.channel
                        $0.prices = prices.map { sku, units in
                            .with {
                                $0.sku = sku
                                if let units {
                                    $0.price = .with {
                                        $0.currencyCode = "GBP"
                                        $0.units = units
                                    }
                                }
                            }
                        }
                    }, context: bench.context
                ).changed
            }
            let call = EntityID.fresh
            #expect(try await set([("A", 10), ("B", 20)], as: call) == 2)
            #expect(try await set([("A", 10), ("B", 20)], as: call) == 2)
            #expect(try await set([("A", 10), ("B", 21)]) == 1)
            let listed = try await bench.reviews.listPrices(
                request: .with { $0.channel = TestDeployment.channel }, context: bench.context)
            #expect(listed.prices.map(\.sku) == ["A", "B"])
            #expect(listed.prices.map(\.price.units) == [10, 21])
            let off = try await bench.place([("A", 1, 899)])
            let near = try await bench.place([("A", 1, 900), ("B", 1, 2_100)])
            try await bench.settle()
            #expect(try await bench.open(off) == [.priceDiffers])
            #expect(try await bench.order(off).holds[0].detail == "line 1: A at 8.99, the channel's price is 10.00")
            #expect(try await bench.open(near).isEmpty)
            #expect(try await set([("A", nil)]) == 1)
            #expect(try await bench.validate(off).holds.isEmpty)
            let unknown = try await status { try await set([("NONE", 1)]) }
            #expect(unknown.code == .invalidArgument)
            let nowhere = try await status {
                try await bench.reviews.listPrices(request: .with { $0.channel = "none" }, context: bench.context)
            }
            #expect(nowhere.code == .notFound)
        }
    }

    @Test("A location that has promised more than it has holds its orders until that is right")
    func stock() async throws {
        try await ReviewBench.with(
            .with {
                $0.stock = true
                $0.remorseSeconds = 60
            }
        ) { bench in
            let id = try await bench.place([("A", 60, 500)])
            try await bench.deployment.change(.count, [("A", "DC", 50)])
            try await bench.settle()
            #expect(try await bench.open(id) == [.stockShort])
            try await bench.deployment.change(.receive, [("A", "DC", 10)])
            try await bench.passTime()
            try await bench.settle()
            #expect(try await bench.open(id).isEmpty)
            #expect(try await bench.order(id).review.state == .validated)
            #expect(try await bench.events(id) == ["placed", "held", "hold_lifted", "validated"])
        }
    }

    @Test("A thousand lines and a currency with three decimals are looked at like any other")
    func large() async throws {
        try await ReviewBench.with(Self.rules) { bench in
            let id = try await bench.place(Array(repeating: ("POST", 1, 0), count: 1_000))
            try await bench.settle()
            let holds = try await bench.order(id).holds
            #expect(holds.map(\.reason) == [.priceZero])
            #expect(holds[0].detail.hasSuffix("and 990 more"))
            _ = try await bench.catalog.upsertChannels(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.channels = [
                        .with {
                            $0.code = "kuwait"
                            $0.currencyCode = "KWD"
                            $0.review.maximumAmount = .with {
                                $0.currencyCode = "KWD"
                                $0.amountMinor = 1_234
                            }
                        }
                    ]
                }, context: bench.context)
            let dinars = EntityID.fresh
            _ = try await bench.orders.placeOrder(
                request: .with {
                    $0.orderID = dinars.description
                    $0.channel = "kuwait"
                    $0.externalID = "K"
                    $0.lines = [OrderRequestsTests.line(quantity: 1, units: 1, nanos: 235_000_000, currency: "KWD")]
                    $0.lines[0].sku = "A"
                }, context: bench.context)
            try await bench.settle()
            #expect(try await bench.order(dinars).holds.map(\.detail) == ["1.235 KWD are owed, 1.234 pass unseen"])
        }
    }
}
