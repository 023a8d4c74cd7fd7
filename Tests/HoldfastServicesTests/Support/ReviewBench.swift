import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import OrderPromising
import SwiftProtobuf
import Synchronization
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

/// A fraud check that says what a test tells it, and remembers what it was asked.
final class ScriptedFraudCheck: FraudChecking {
    private let state = Mutex<(verdict: FraudVerdict, asked: [FraudCase])>((.accepted, []))
    private let hook = Mutex<(@Sendable (FraudCase) async -> Void)?>(nil)

    /// What it says from now on.
    var verdict: FraudVerdict {
        get { state.withLock { $0.verdict } }
        set { state.withLock { $0.verdict = newValue } }
    }

    /// What it was asked.
    var asked: [FraudCase] { state.withLock { $0.asked } }

    /// Does something each time that it is asked, before it answers.
    func whenAsked(_ body: @escaping @Sendable (FraudCase) async -> Void) { hook.withLock { $0 = body } }

    func verdict(on order: FraudCase, within milliseconds: Int32) async -> FraudVerdict {
        if let hook = hook.withLock({ $0 }) { await hook(order) }
        return state.withLock { state in
            state.asked.append(order)
            return state.verdict
        }
    }
}

/// Releases orders as the ledger has it, without any fulfilment, and remembers for what.
final class ScriptedRelease: OrderReleasing {
    private let ledger: Ledger
    private let state = Mutex<(released: [EntityID], refusal: Refusal?)>(([], nil))

    init(_ ledger: Ledger) { self.ledger = ledger }

    /// Orders whose units were released, each as often as that happened.
    var released: [EntityID] { state.withLock { $0.released } }

    /// Why it refuses from now on; nil for not.
    var refusal: Refusal? {
        get { state.withLock { $0.refusal } }
        set { state.withLock { $0.refusal = newValue } }
    }

    func releaseReviewed(_ order: EntityID, cause: EntityID) async throws {
        if let refusal { throw refusal }
        let change = OrderChange(
            id: cause.named("scripted"), order: order, kind: .reviewStep, body: [1], caller: .anonymous)
        let released = Box(false)
        _ = try await ledger.changeOrder(change) { work in
            for line in work.lines where line.units[.allocated] > 0 {
                _ = try work.move(.release, line.units[.allocated], line: line.number, from: .allocated)
            }
            released.value = true
            return []
        }
        if released.value { state.withLock { $0.released.append(order) } }
    }
}

/// The review of orders over a deployment of its own.
struct ReviewBench {
    let deployment: TestDeployment
    let context: ServerContext
    let orders: OrderService
    let catalog: CatalogService
    let reviews: OrderReviewService
    let processing: OrderProcessing
    let fraud: ScriptedFraudCheck
    let release: ScriptedRelease

    init(_ deployment: TestDeployment, _ context: ServerContext) {
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        self.deployment = deployment
        self.context = context
        fraud = ScriptedFraudCheck()
        release = ScriptedRelease(deployment.ledger)
        processing = OrderProcessing(
            promising: deployment.promising, fraudCheck: fraud, releasing: release, logger: logger)
        orders = OrderService(promising: deployment.promising, logger: logger)
        catalog = CatalogService(promising: deployment.promising, logger: logger)
        reviews = OrderReviewService(processing: processing, logger: logger)
    }

    /// Runs a body with articles A and B (100 of each at DC), POST without stock, and these rules of the channel.
    static func with(
        _ rules: Holdfast_V1_ReviewRules?, _ body: @Sendable (ReviewBench) async throws -> Void
    ) async throws {
        try await ServiceBench.with { bench, context in
            let deployment = bench.deployment
            try await deployment.catalogue(skus: ["A", "B"], untracked: ["POST"], locations: ["DC", "LDN-1"])
            try await deployment.change(.receive, [("A", "DC", 100), ("B", "DC", 100)])
            let review = ReviewBench(deployment, context)
            if let rules { try await review.setRules(rules) }
            try await body(review)
        }
    }

    /// Sets the channel's rules.
    func setRules(_ rules: Holdfast_V1_ReviewRules) async throws {
        _ = try await catalog.upsertChannels(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.channels = [
                    .with {
                        $0.code = TestDeployment.channel
                        $0.name = "Web"
                        $0.currencyCode = "GBP"
                        $0.review = rules
                    }
                ]
            }, context: context)
    }

    /// Places an order of lines of (sku, quantity, price in pence).
    @discardableResult
    func place(
        _ lines: [(sku: String, quantity: Int64, pence: Int64)] = [("A", 1, 500)],
        to delivery: Holdfast_V1_Delivery? = DeliveryFieldsTests.shipment
    ) async throws -> EntityID {
        let id = EntityID.fresh
        _ = try await orders.placeOrder(
            request: .with {
                $0.orderID = id.description
                $0.channel = TestDeployment.channel
                $0.externalID = id.description
                $0.lines = lines.map { line in
                    var made = OrderRequestsTests.line(
                        quantity: line.quantity, units: line.pence / 100, nanos: Int32(line.pence % 100) * 10_000_000)
                    made.sku = line.sku
                    return made
                }
                if let delivery { $0.delivery = delivery }
            }, context: context)
        return id
    }

    /// The order as it stands.
    func order(_ id: EntityID) async throws -> Holdfast_V1_Order {
        try await orders.getOrder(request: .with { $0.orderID = id.description }, context: context).order
    }

    /// Looks at what is due until nothing is.
    func settle() async throws {
        while try await processing.reviewPass() > 0 {}
    }

    /// Lets the time of everything that waits be over.
    func passTime() async throws {
        try await deployment.run("UPDATE order_review SET due_at = now() WHERE due_at < 'infinity'")
    }

    /// Reasons that hold an order now.
    func open(_ id: EntityID) async throws -> [Holdfast_V1_HoldReason] {
        try await order(id).holds.filter { !$0.hasLiftedAt }.map(\.reason)
    }

    func approve(_ id: EntityID, _ reasons: [Holdfast_V1_HoldReason] = [], as call: EntityID = .fresh) async throws
        -> Holdfast_V1_ApproveOrderResponse
    {
        try await reviews.approveOrder(
            request: .with {
                $0.approvalID = call.description
                $0.orderID = id.description
                $0.reasons = reasons
                $0.note = "spoke with the customer"
            }, context: context)
    }

    func hold(_ id: EntityID, as call: EntityID = .fresh) async throws -> Holdfast_V1_HoldOrderResponse {
        try await reviews.holdOrder(
            request: .with {
                $0.holdID = call.description
                $0.orderID = id.description
                $0.detail = "the customer asked to wait"
            }, context: context)
    }

    func validate(_ id: EntityID, as call: EntityID = .fresh) async throws -> Holdfast_V1_ValidateOrderResponse {
        try await reviews.validateOrder(
            request: .with {
                $0.validationID = call.description
                $0.orderID = id.description
            }, context: context)
    }

    /// Topics of an order's events, in order.
    func events(_ id: EntityID) async throws -> [String] { try await order(id).events.map(\.type) }
}
