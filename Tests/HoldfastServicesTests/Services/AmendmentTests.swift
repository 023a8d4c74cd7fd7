import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Logging
import NIOCore
import OrderPromising
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Amendments of orders")
struct AmendmentTests {
    private static func amend(
        _ bench: ReviewBench, _ id: EntityID, as call: EntityID = .fresh,
        _ change: (inout Holdfast_V1_AmendOrderRequest) -> Void
    ) async throws -> Holdfast_V1_AmendOrderResponse {
        var request = Holdfast_V1_AmendOrderRequest()
        request.amendmentID = call.description
        request.orderID = id.description
        change(&request)
        let service = OrderAmendmentService(processing: bench.processing, logger: Logger(label: "test"))
        return try await service.amendOrder(request: request, context: bench.context)
    }

    private static func units(_ line: Int32, _ quantity: Int64) -> Holdfast_V1_AmendOrderRequest.Change {
        .with {
            $0.lineNumber = line
            $0.quantity = quantity
        }
    }

    private static func line(_ sku: String, _ quantity: Int64, _ pence: Int64) -> Holdfast_V1_PlaceOrderRequest.Line {
        var line = OrderRequestsTests.line(
            quantity: quantity, units: pence / 100, nanos: Int32(pence % 100) * 10_000_000)
        line.sku = sku
        return line
    }

    @Test("Lines are added, removed, made larger and smaller at once; money, stock and history say so")
    func everything() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 4, 500), ("B", 3, 200), ("POST", 1, 350)])
            let placed = try await bench.order(id)
            let call = EntityID.fresh
            func change(_ request: inout Holdfast_V1_AmendOrderRequest) {
                request.reason = "called"
                request.add = [Self.line("A", 2, 450), Self.line("POST", 1, 0)]
                request.change = [Self.units(1, 6), Self.units(2, 1), Self.units(3, 0)]
                request.delivery = .with {
                    $0.method = .pickup
                    $0.pickupLocation = "LDN-1"
                }
            }
            let done = try await Self.amend(bench, id, as: call) { change(&$0) }
            #expect(done.added.map(\.lineNumber) == [4, 5, 6])
            #expect(done.added.map(\.extendsLine) == [0, 0, 1])
            #expect(done.added.map(\.amount.amountMinor) == [900, 0, 1_000])
            #expect(done.added[0].allocations.map(\.location) == ["DC"])
            #expect(done.cancelled.map(\.lineNumber) == [2, 3])
            #expect(done.cancelled.map(\.amount.amountMinor) == [400, 350])
            #expect(done.oldTotal.amountMinor == 2_950)
            #expect(done.newTotal.amountMinor == 4_100)
            #expect(done.difference.amountMinor == 1_150)
            #expect(try await Self.amend(bench, id, as: call) { change(&$0) } == done)
            let differs = try await status {
                try await Self.amend(bench, id, as: call) {
                    change(&$0)
                    $0.change[0].quantity = 7
                }
            }
            #expect(differs.code == .alreadyExists)
            #expect(try Details(differs).info?.metadata["field"] == "change[0].quantity")

            let order = try await bench.order(id)
            #expect(order.lines.map(\.quantity) == [4, 3, 1, 2, 1, 2])
            #expect(order.lines[5].unitPrice == order.lines[0].unitPrice)
            #expect(order.lines.prefix(3).map(\.amount) == placed.lines.map(\.amount))
            #expect(order.total.amountMinor == 2_950 + 1_900)
            #expect(order.delivery.pickupLocation == "LDN-1")
            #expect(try await bench.events(id) == ["placed", "amended"])
            #expect(try await bench.deployment.available("A") == 100 - 8)
            #expect(try await bench.deployment.available("B") == 100 - 1)
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("The capture is answered and told as it was, whatever was added since")
    func immutable() async throws {
        try await ReviewBench.with(nil) { bench in
            let request = Holdfast_V1_PlaceOrderRequest.with {
                $0.orderID = testID(1).description
                $0.channel = TestDeployment.channel
                $0.externalID = "1"
                $0.lines = [Self.line("A", 2, 500)]
                $0.lines[0].taxes = [OrderRequestsTests.tax(100), OrderRequestsTests.tax(33, included: true)]
            }
            let placed = try await bench.orders.placeOrder(request: request, context: bench.context)
            let done = try await Self.amend(bench, testID(1)) { $0.change = [Self.units(1, 5)] }
            // 2 units have 100 of added tax: 3 more have 150.
            #expect(done.difference.amountMinor == 1_500 + 150)
            let taxes = try await bench.order(testID(1)).lines[1].taxes
            #expect(taxes.map(\.amount.amountMinor) == [150, 50])
            #expect(try await bench.orders.placeOrder(request: request, context: bench.context) == placed)
            let told = Box<[OutboxEntry]>([])
            // Events wait for whoever else writes in this PostgreSQL.
            #expect(
                try await eventually(within: 60) {
                    let page = try await bench.deployment.ledger.events(after: .beginning, limit: 100)
                    told.value = page.entries.filter { $0.subject == testID(1) }
                    return told.value.count == 2
                })
            let entries = told.value
            try #require(entries.count == 2)
            let facts = try await bench.deployment.ledger.facts(of: entries)
            guard case .orderPlaced(let capture) = facts[entries[0].position],
                case .orderAdvanced(let amended) = facts[entries[1].position]
            else {
                Issue.record("\(facts)")
                return
            }
            #expect(capture.lines.map(\.number) == [1])
            #expect(capture.subtotal == 1_000)
            #expect(amended.units.map(\.line) == [2])
            #expect(amended.units.map(\.quantity) == [3])
            #expect(amended.amountMinor == 1_650)
            #expect(amended.details["old_total"] == "1100")
            #expect(amended.details["new_total"] == "2750")
        }
    }

    @Test("What stock does not suffice for changes nothing, and the shortage names the place in the request")
    func shortage() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 4, 500), ("B", 1, 100)])
            let short = try await status {
                try await Self.amend(bench, id) {
                    $0.add = [Self.line("POST", 1, 100), Self.line("B", 3, 100)]
                    $0.change = [Self.units(2, 0), Self.units(1, 500)]
                }
            }
            #expect(short.code == .failedPrecondition)
            let lines = try Details(short).shortage?.lines
            #expect(lines?.map(\.lineIndex) == [3])
            #expect(lines?.map(\.wanted) == [496])
            #expect(lines?.map(\.available) == [96])
            #expect(try await bench.order(id).lines.count == 2)
            #expect(try await bench.events(id) == ["placed"])
            #expect(try await bench.deployment.available("B") == 99)
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("Only units that are not released can go, and the refusal says where they stand")
    func released() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 4, 500)])
            _ = try await bench.deployment.ledger.changeOrder(
                OrderChange(id: .fresh, order: id, kind: .reviewStep, body: [1], caller: .anonymous)
            ) { work in
                _ = try work.move(.release, 3, line: 1, from: .allocated)
                return []
            }
            let refused = try await status { try await Self.amend(bench, id) { $0.change = [Self.units(1, 2)] } }
            #expect(refused.code == .failedPrecondition)
            #expect(try Details(refused).info?.metadata["state"] == "open=1")
            let delivery = try await status {
                try await Self.amend(bench, id) { $0.delivery = DeliveryFieldsTests.shipment }
            }
            #expect(delivery.code == .failedPrecondition)
            #expect(try Details(delivery).info?.metadata["state"] == "released=3")
            let done = try await Self.amend(bench, id) { $0.change = [Self.units(1, 3)] }
            #expect(done.difference.amountMinor == -500)
            let nothing = try await status { try await Self.amend(bench, id) { $0.change = [Self.units(1, 3)] } }
            #expect(nothing.code == .failedPrecondition)
        }
    }

    @Test(
        "Every field of an amendment is checked",
        arguments: [
            RequestCase<Holdfast_V1_AmendOrderRequest>("as it is") { _ in },
            .init("no id", ["amendment_id"]) { $0.amendmentID = "" },
            .init("no order", ["order_id"]) { $0.orderID = "1" },
            .init("nothing to do", ["add"]) {
                $0.add = []
                $0.change = []
            },
            .init("no sku", ["add[0].sku"]) { $0.add[0].sku = "" },
            .init("a line that may wait", ["add[0].allow_backorder"]) { $0.add[0].allowBackorder = true },
            .init("no quantity", ["add[0].quantity"]) { $0.add[0].quantity = 0 },
            .init("a negative price", ["add[0].unit_price"]) { $0.add[0].unitPrice.units = -1 },
            .init("a price in two currencies", ["add[1].unit_price.currency_code"]) {
                $0.add.append(line("B", 1, 100))
                $0.add[1].unitPrice.currencyCode = "EUR"
            },
            .init("too many lines", ["add"]) { $0.add = Array(repeating: $0.add[0], count: 1_001) },
            .init("no line", ["change[0].line_number"]) { $0.change[0].lineNumber = 0 },
            .init("less than no units", ["change[0].quantity"]) { $0.change[0].quantity = -1 },
            .init("a line twice", ["change[1].line_number"]) { $0.change.append($0.change[0]) },
            .init("a wrong location", ["change[0].location"]) { $0.change[0].location = " " },
            .init("no method", ["delivery.method"]) { $0.delivery = .init() },
            .init("a long reason", ["reason"]) { $0.reason = String(repeating: "x", count: 257) },
            .init("a negative sequence", ["expected_sequence"]) { $0.expectedSequence = -1 },
        ])
    func fields(row: RequestCase<Holdfast_V1_AmendOrderRequest>) throws {
        let valid = Holdfast_V1_AmendOrderRequest.with {
            $0.amendmentID = testID(1).description
            $0.orderID = testID(2).description
            $0.add = [Self.line("A", 1, 100)]
            $0.change = [Self.units(1, 0)]
        }
        #expect(
            try refusedFields { try AmendmentRequests.amend(row.applied(to: valid), body: [], by: .anonymous) }
                == row.refused)
    }

    @Test("What the order does not know is named; an order that has gone on since is refused")
    func unknown() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 4, 500)])
            let names = try await status {
                try await Self.amend(bench, id) {
                    $0.add = [Self.line("NONE", 1, 100), Self.line("A", 1, 100)]
                    $0.add[1].location = "NOWHERE"
                }
            }
            #expect(
                try Details(names).badRequest?.violations.map(\.field) == ["add[0].sku", "add[1].location"])
            let line = try await status { try await Self.amend(bench, id) { $0.change = [Self.units(9, 1)] } }
            #expect(line.code == .notFound)
            _ = try await Self.amend(bench, id) {
                $0.expectedSequence = 1
                $0.change = [Self.units(1, 3)]
            }
            let later = try await status {
                try await Self.amend(bench, id) {
                    $0.expectedSequence = 1
                    $0.change = [Self.units(1, 2)]
                }
            }
            #expect(later.code == .failedPrecondition)
            #expect(try Details(later).info?.metadata["state"] == "sequence=2")
            _ = try await Self.amend(bench, id) { $0.add = Array(repeating: Self.line("POST", 1, 0), count: 999) }
            let many = try await status { try await Self.amend(bench, id) { $0.add = [Self.line("POST", 1, 0)] } }
            #expect(many.code == .invalidArgument)
        }
    }

    @Test("A review begins anew: what was approved before does not count for another order")
    func review() async throws {
        try await ReviewBench.with(
            .with {
                $0.maximumUnits = 5
                $0.fraudCheck.timeLimitMs = 1_000
                $0.remorseSeconds = 600
            }
        ) { bench in
            let id = try await bench.place([("A", 9, 100)])
            try await bench.settle()
            _ = try await bench.approve(id)
            let done = try await Self.amend(bench, id) { $0.change = [Self.units(1, 12)] }
            #expect(done.review.state == .due)
            try await bench.settle()
            #expect(try await bench.open(id) == [.quantityTooHigh])
            #expect(Set(bench.fraud.asked.map(\.id)).count == 2)
            _ = try await Self.amend(bench, id) { $0.change = [Self.units(1, 2), Self.units(2, 1)] }
            try await bench.settle()
            #expect(try await bench.open(id).isEmpty)
            #expect(try await bench.order(id).review.state == .validated)
        }
    }

    @Test("Amendments and cancellations at once: units, stock and money add up, and each is done or refused")
    func races() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 10, 100)])
            let outcomes = try await withThrowingTaskGroup(of: RPCError.Code?.self) { group in
                for index in 0..<24 {
                    group.addTask {
                        do {
                            if index % 3 == 0 {
                                _ = try await bench.orders.cancelOrder(
                                    request: .with {
                                        $0.cancellationID = EntityID.fresh.description
                                        $0.orderID = id.description
                                        $0.lines = [
                                            .with {
                                                $0.lineNumber = 1
                                                $0.quantity = 2
                                            }
                                        ]
                                    }, context: bench.context)
                            } else if index % 3 == 1 {
                                _ = try await Self.amend(bench, id) { $0.add = [Self.line("A", 2, 100)] }
                            } else {
                                _ = try await Self.amend(bench, id) { $0.change = [Self.units(1, 12)] }
                            }
                            return nil
                        } catch let error as RPCError {
                            return error.code
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(outcomes.compactMap { $0 }).isSubset(of: [.failedPrecondition, .unavailable]))
            let order = try await bench.order(id)
            let open = order.lines.reduce(Int64(0)) { sum, line in
                sum + line.quantities.filter { $0.status == .allocated }.reduce(0) { $0 + $1.quantity }
            }
            #expect(order.events.map(\.sequence) == (1...Int32(order.events.count)).map { $0 })
            #expect(
                try await eventually { try await bench.deployment.available("A") == 100 - open })
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test("Stock that was set aside for an amendment that never came is free again")
    func crash() async throws {
        try await ReviewBench.with(nil) { bench in
            let id = try await bench.place([("A", 4, 500)])
            let call = EntityID.fresh
            // It died between the two.
            let held = try await bench.deployment.promising.setAside(
                [Demand(sku: "A", location: "", quantity: 6, allowSplit: false)], for: call,
                channel: TestDeployment.channel, caller: .anonymous, deadline: .now() + .seconds(30))
            #expect(try await bench.deployment.available("A") == 90)
            // The repetition takes the very same.
            let done = try await Self.amend(bench, id, as: call) { $0.change = [Self.units(1, 10)] }
            #expect(done.added.count == 1)
            #expect(try await bench.deployment.available("A") == 90)
            #expect(
                try await bench.deployment.promising.reservation(held.id, for: .anonymous).state == .confirmed)
            #expect(try await bench.deployment.booksAgree())
        }
    }
}
