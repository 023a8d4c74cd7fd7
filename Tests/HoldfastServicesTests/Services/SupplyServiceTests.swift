import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Waiting lines, sourcing and customers through the services")
struct SupplyServiceTests {
    /// The services of this suite over a bench.
    private struct Services {
        let backorders: BackorderService
        let sourcing: SourcingService
        let customers: CustomerService

        init(_ bench: ServiceBench) {
            let logger = Logger(label: "test")
            backorders = BackorderService(promising: bench.deployment.promising, logger: logger)
            sourcing = SourcingService(promising: bench.deployment.promising, logger: logger)
            customers = CustomerService(promising: bench.deployment.promising, logger: logger)
        }
    }

    private static func with(
        _ body: @Sendable (ServiceBench, Services, ServerContext) async throws -> Void
    ) async throws {
        try await ServiceBench.with { bench, context in
            try await bench.deployment.catalogue(skus: ["A", "B"], locations: ["DC", "LDN", "LYON"])
            try await body(bench, Services(bench), context)
        }
    }

    private static func order(
        _ id: UInt64, _ quantity: Int64, at location: String = "", waits: Bool = false, customer: String = ""
    ) -> Holdfast_V1_PlaceOrderRequest {
        .with {
            $0.orderID = testID(id).description
            $0.channel = "web"
            $0.externalID = "N\(id)"
            $0.customer.customerID = customer
            $0.customer.country = "GB"
            $0.lines = [OrderRequestsTests.line(quantity: quantity, units: 2, nanos: 0)]
            $0.lines[0].sku = "A"
            $0.lines[0].location = location
            $0.lines[0].allowSplit = location.isEmpty
            $0.lines[0].allowBackorder = waits
        }
    }

    // MARK: - Backorders

    @Test("Caps are set and listed; an order above them is told what may still wait; lists are paged in order")
    func backorders() async throws {
        try await Self.with { bench, services, context in
            let set = try await services.backorders.setBackorderPolicies(
                request: .with {
                    $0.requestID = testID(1).description
                    $0.policies = [SupplyRequestsTests.policy("B"), SupplyRequestsTests.policy("A")]
                }, context: context)
            #expect(set.policies.map(\.sku) == ["B", "A"])
            let unknown = try await status {
                try await services.backorders.setBackorderPolicies(
                    request: .with {
                        $0.requestID = testID(2).description
                        $0.policies = [SupplyRequestsTests.policy("NOPE")]
                    }, context: context)
            }
            #expect(unknown.code == .invalidArgument && unknown.message.contains("policies[0].sku"))

            let placed = try await bench.orders.placeOrder(request: Self.order(10, 3, waits: true), context: context)
            #expect(placed.lines.map(\.backordered) == [3])
            _ = try await bench.orders.placeOrder(request: Self.order(11, 1, waits: true), context: context)
            let refused = try await status {
                try await bench.orders.placeOrder(request: Self.order(12, 4, waits: true), context: context)
            }
            #expect(refused.code == .failedPrecondition)
            #expect(refused.message.contains("1 may wait for supply"), "\(refused.message)")
            let shortage = try #require(try shortage(in: refused))
            #expect(shortage.lines.map(\.wanted) == [4])
            #expect(shortage.lines.map(\.available) == [0])
            #expect(shortage.lines.map(\.backorderLeft) == [1])
            let plain = try await status {
                try await bench.orders.placeOrder(request: Self.order(13, 4), context: context)
            }
            #expect(try self.shortage(in: plain)?.lines.map(\.hasBackorderLeft) == [false])

            let caps = try await services.backorders.listBackorderPolicies(
                request: .with { $0.pageSize = 1 }, context: context)
            #expect(caps.policies.map(\.sku) == ["A"])
            #expect(caps.policies.map(\.waiting) == [4])
            let next = try await services.backorders.listBackorderPolicies(
                request: .with {
                    $0.pageSize = 1
                    $0.pageToken = caps.nextPageToken
                }, context: context)
            #expect(next.policies.map(\.sku) == ["B"])
            #expect(next.nextPageToken.isEmpty)

            let first = try await services.backorders.listBackorders(
                request: .with {
                    $0.sku = "A"
                    $0.pageSize = 1
                }, context: context)
            #expect(first.backorders.map(\.orderID) == [testID(10).description])
            #expect(first.backorders.map(\.waiting) == [3])
            #expect(first.backorders.allSatisfy { !$0.hasPromisedAt && $0.locations.isEmpty })
            let second = try await services.backorders.listBackorders(
                request: .with {
                    $0.sku = "A"
                    $0.pageSize = 1
                    $0.pageToken = first.nextPageToken
                }, context: context)
            #expect(second.backorders.map(\.orderID) == [testID(11).description])
            let one = try await services.backorders.listBackorders(
                request: .with { $0.orderID = testID(11).description }, context: context)
            #expect(one.backorders.map(\.waiting) == [1])
        }
    }

    private func shortage(in error: RPCError) throws -> Holdfast_V1_StockShortage? {
        let details = try error.unpackGoogleRPCStatus()?.details ?? []
        for detail in details {
            if let any = detail.any, any.isA(Holdfast_V1_StockShortage.self) {
                return try Holdfast_V1_StockShortage(unpackingAny: any)
            }
        }
        return nil
    }

    // MARK: - Sourcing

    /// Royal Mail within Great Britain, nothing elsewhere; DC is dearer to handle than LDN; LYON is in France.
    private static func prepareSourcing(_ services: Services, _ context: ServerContext) async throws {
        _ = try await services.sourcing.upsertSourcingConfig(
            request: .with {
                $0.requestID = testID(200).description
                $0.name = "default"
                $0.document = """
                    {"currency": "GBP", "splitPenalty": 100, "services": [
                        {"code": "RM48", "zones": [{"name": "UK", "countries": ["GB"], "fromCountries": ["GB"],
                            "transitDays": 2, "bands": [{"upToGrams": 2000, "price": 300}]}]}]}
                    """
            }, context: context)
        _ = try await services.sourcing.upsertSourcingLocations(
            request: .with {
                $0.requestID = testID(201).description
                $0.locations = [
                    .with {
                        $0.code = "DC"
                        $0.country = "GB"
                        $0.handlingPerShipment = 90
                    },
                    .with {
                        $0.code = "LDN"
                        $0.country = "GB"
                        $0.capacity.orders = 1
                    },
                    .with {
                        $0.code = "LYON"
                        $0.country = "FR"
                    },
                ]
            }, context: context)
        _ = try await services.sourcing.upsertSourcingProducts(
            request: .with {
                $0.requestID = testID(202).description
                $0.products = [
                    .with {
                        $0.sku = "A"
                        $0.grams = 400
                    },
                    .with {
                        $0.sku = "B"
                        $0.grams = 5_000
                    },
                ]
            }, context: context)
    }

    private static func plan(
        _ id: UInt64, _ sku: String = "A", _ quantity: Int64 = 2,
        _ change: (inout Holdfast_V1_PlanSourcingRequest) -> Void = { _ in }
    ) -> Holdfast_V1_PlanSourcingRequest {
        var request = Holdfast_V1_PlanSourcingRequest.with {
            $0.planID = testID(id).description
            $0.lines = [
                .with {
                    $0.sku = sku
                    $0.quantity = quantity
                }
            ]
            $0.destination = .with { $0.country = "GB" }
        }
        change(&request)
        return request
    }

    private static func reasons(_ plan: Holdfast_V1_SourcingPlan) -> [String: String] {
        Dictionary(plan.decisions.map { ($0.location, $0.reason) }) { first, _ in first }
    }

    @Test("A plan is the cheapest on the stock of now, stored with its inputs, and planned again it is the same")
    func planning() async throws {
        try await Self.with { bench, services, context in
            try await Self.prepareSourcing(services, context)
            try await bench.deployment.change(.receive, [("A", "DC", 5), ("A", "LDN", 5), ("A", "LYON", 5)])
            let request = Self.plan(1)
            let reply = try await services.sourcing.planSourcing(request: request, context: context)
            #expect(reply.plan.status == "OPTIMAL")
            #expect(reply.plan.shipments.map(\.location) == ["LDN"])
            #expect(reply.plan.shipments[0].parts.map(\.units) == [2])
            #expect(reply.plan.shipments[0].grams == 800)
            #expect(reply.plan.cost.total.amountMinor == 300)
            #expect(Self.reasons(reply.plan) == ["DC": "NOT_CHEAPEST", "LDN": "SELECTED", "LYON": "ZONE_UNKNOWN"])
            // The stock has changed since, the plan has not.
            try await bench.deployment.change(.count, [("A", "LDN", 0)])
            #expect(try await services.sourcing.planSourcing(request: request, context: context) == reply)
            let other = try await status {
                try await services.sourcing.planSourcing(request: Self.plan(1, "A", 3), context: context)
            }
            #expect(other.code == .alreadyExists && other.message.contains("lines[0].quantity"))
            let stored = try await services.sourcing.getSourcingPlan(
                request: .with {
                    $0.planID = testID(1).description
                    $0.replay = true
                }, context: context)
            #expect(stored.plan == reply.plan)
            #expect(stored.reproduced)
            #expect(stored.commitID.isEmpty)
            let now = try await services.sourcing.planSourcing(request: Self.plan(2), context: context)
            #expect(now.plan.shipments.map(\.location) == ["DC"])
            #expect(Self.reasons(now.plan)["LDN"] == "NO_STOCK")
        }
    }

    @Test("Every location that cannot serve has its reason: excluded, no rate, no zone, not known to be capable")
    func reasons() async throws {
        try await Self.with { bench, services, context in
            try await Self.prepareSourcing(services, context)
            try await bench.deployment.change(
                .receive, ["A", "B"].flatMap { sku in ["DC", "LDN", "LYON"].map { (sku, $0, 5) } })
            let excluded = try await services.sourcing.planSourcing(
                request: Self.plan(1) { $0.excluded = ["DC", "LDN", "LYON"] }, context: context)
            #expect(excluded.plan.status == "INFEASIBLE" && excluded.plan.cause == "NO_LOCATION")
            #expect(Set(Self.reasons(excluded.plan).values) == ["EXCLUDED"])
            #expect(excluded.plan.shipments.isEmpty)
            // B weighs 5 kg, and the last band ends at 2.
            let heavy = try await services.sourcing.planSourcing(request: Self.plan(2, "B", 1), context: context)
            #expect(Self.reasons(heavy.plan) == ["DC": "NO_RATE", "LDN": "NO_RATE", "LYON": "ZONE_UNKNOWN"])
            let abroad = try await services.sourcing.planSourcing(
                request: Self.plan(3) { $0.destination.country = "DE" }, context: context)
            #expect(Set(Self.reasons(abroad.plan).values) == ["ZONE_UNKNOWN"])
            let most = try await services.sourcing.planSourcing(request: Self.plan(4, "A", 50), context: context)
            #expect(most.plan.cause == "STOCK_SHORT")
            #expect(most.plan.shortages.map(\.available) == [10])
            let pickup = try await services.sourcing.planSourcing(
                request: Self.plan(5) {
                    $0.method = "pickup"
                    $0.pickupLocation = "LDN"
                }, context: context)
            #expect(Self.reasons(pickup.plan)["LDN"] == "METHOD_NOT_SUPPORTED")
            #expect(Self.reasons(pickup.plan)["DC"] == "NOT_PICKUP_LOCATION")
            let nothing = try await status {
                try await services.sourcing.planSourcing(
                    request: Self.plan(6) { $0.config = "other" }, context: context)
            }
            #expect(nothing.code == .notFound)
        }
    }

    @Test("Articles and locations that nobody has are refused once each, by the fields of the request that name them")
    func unknownNames() async throws {
        try await Self.with { bench, services, context in
            try await Self.prepareSourcing(services, context)
            try await bench.deployment.change(.receive, [("A", "DC", 5)])
            let refusal = try await status {
                try await services.sourcing.planSourcing(
                    request: Self.plan(1) {
                        $0.lines.append(
                            .with {
                                $0.sku = "NOPE"
                                $0.quantity = 2
                            })
                        $0.excluded = ["LDN", "NOWHERE"]
                    }, context: context)
            }
            #expect(refusal.code == .invalidArgument)
            #expect(try Details(refusal).badRequest?.violations.map(\.field) == ["lines[1].sku", "excluded[1]"])
            let pickup = try await status {
                try await services.sourcing.planSourcing(
                    request: Self.plan(2) {
                        $0.method = "pickup"
                        $0.pickupLocation = "NOWHERE"
                    }, context: context)
            }
            #expect(try Details(pickup).badRequest?.violations.map(\.field) == ["pickup_location"])
            #expect(try await bench.deployment.numbers("SELECT count(*) FROM sourcing_plan") == [0])
        }
    }

    @Test(
        "A plan of an order counts what is set aside for it; carried out, its units move once, and the books are exact")
    func committing() async throws {
        try await Self.with { bench, services, context in
            try await Self.prepareSourcing(services, context)
            let deployment = bench.deployment
            try await deployment.change(.receive, [("A", "DC", 3), ("A", "LDN", 2)])
            _ = try await bench.orders.placeOrder(request: Self.order(10, 2, at: "DC"), context: context)
            let planned = try await services.sourcing.planSourcing(
                request: .with {
                    $0.planID = testID(1).description
                    $0.orderID = testID(10).description
                }, context: context)
            #expect(planned.plan.shipments.map(\.location) == ["LDN"])
            #expect(try await deployment.available("A", "LDN") == 2)
            let commit = Holdfast_V1_CommitSourcingRequest.with {
                $0.commitID = testID(2).description
                $0.planID = testID(1).description
            }
            let reply = try await services.sourcing.commitSourcing(request: commit, context: context)
            #expect(reply.moved == 2)
            #expect(reply.sequence == 2)
            #expect(try await services.sourcing.commitSourcing(request: commit, context: context) == reply)
            let order = try await bench.orders.getOrder(
                request: .with { $0.orderID = testID(10).description }, context: context
            ).order
            #expect(order.lines[0].allocations.map(\.location) == ["LDN"])
            #expect(order.events.map(\.type) == ["placed", "resourced"])
            #expect(try await deployment.available("A", "LDN") == 0)
            #expect(try await deployment.available("A", "DC") == 3)
            let again = try await status {
                try await services.sourcing.commitSourcing(
                    request: .with {
                        $0.commitID = testID(3).description
                        $0.planID = testID(1).description
                    }, context: context)
            }
            #expect(again.code == .failedPrecondition)
            // LDN sends one order a day: the plan that was carried out has used that up.
            try await deployment.change(.receive, [("A", "LDN", 5)])
            let next = try await services.sourcing.planSourcing(
                request: Self.plan(4) { $0.excluded = ["DC"] }, context: context)
            #expect(next.plan.shipments.first?.dispatch != planned.plan.shipments[0].dispatch)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("A plan is not carried out where the order or the stock is not as it was planned on; nothing moves then")
    func outdated() async throws {
        try await Self.with { bench, services, context in
            try await Self.prepareSourcing(services, context)
            let deployment = bench.deployment
            try await deployment.change(.receive, [("A", "DC", 4), ("A", "LDN", 2)])
            for id: UInt64 in [10, 11] {
                _ = try await bench.orders.placeOrder(request: Self.order(id, 2, at: "DC"), context: context)
                _ = try await services.sourcing.planSourcing(
                    request: .with {
                        $0.planID = testID(id + 100).description
                        $0.orderID = testID(id).description
                    }, context: context)
            }
            _ = try await deployment.cancel(testID(10), [(1, 1)])
            func commit(_ plan: UInt64) async throws -> RPCError {
                try await status {
                    try await services.sourcing.commitSourcing(
                        request: .with {
                            $0.commitID = testID(plan + 100).description
                            $0.planID = testID(plan).description
                        }, context: context)
                }
            }
            let changed = try await commit(110)
            #expect(changed.code == .failedPrecondition && changed.message.contains("plan again"))
            _ = try await deployment.reserve([("A", "LDN", 1)])
            let short = try await commit(111)
            #expect(short.code == .failedPrecondition)
            #expect(try shortage(in: short)?.lines.map(\.available) == [1])
            let lines = try await status {
                _ = try await services.sourcing.planSourcing(request: Self.plan(1), context: context)
                return try await services.sourcing.commitSourcing(
                    request: .with {
                        $0.commitID = testID(3).description
                        $0.planID = testID(1).description
                    }, context: context)
            }
            #expect(lines.code == .invalidArgument)
            #expect(try await deployment.available("A", "LDN") == 1)
            #expect(try await deployment.available("A", "DC") == 1)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("A configuration is stored once under its version, and a name points to the last one")
    func configurations() async throws {
        try await Self.with { _, services, context in
            func store(_ id: UInt64, _ penalty: Int) async throws -> Holdfast_V1_UpsertSourcingConfigResponse {
                try await services.sourcing.upsertSourcingConfig(
                    request: .with {
                        $0.requestID = testID(id).description
                        $0.name = "default"
                        $0.document = #"{"services": [], "splitPenalty": \#(penalty), "currency": "GBP"}"#
                    }, context: context)
            }
            let one = try await store(1, 1)
            let two = try await store(2, 2)
            let same = try await store(3, 1)
            #expect(one.created && two.created && !same.created)
            #expect(same.version == one.version && two.version != one.version)
            let named = try await services.sourcing.getSourcingConfig(
                request: .with { $0.name = "default" }, context: context)
            #expect(named.version == one.version)
            let old = try await services.sourcing.getSourcingConfig(
                request: .with { $0.version = two.version }, context: context)
            #expect(old.document.contains(#""splitPenalty":2"#))
            let missing = try await status {
                try await services.sourcing.getSourcingConfig(request: .with { $0.name = "x" }, context: context)
            }
            #expect(missing.code == .notFound)
        }
    }

    @Test("What sourcing knows of locations comes back as it was set; a location that does not exist is refused")
    func locations() async throws {
        try await Self.with { _, services, context in
            let location = Holdfast_V1_SourcingLocation.with {
                $0.code = "LDN"
                $0.country = "GB"
                $0.postcode = "N1"
                $0.point = .with {
                    $0.latitudeE6 = 51_500_000
                    $0.longitudeE6 = -120_000
                }
                $0.inactive = true
                $0.methods = ["pickup", "ship"]
                $0.capabilities = ["chilled", "hazmat"]
                $0.services = ["RM48"]
                $0.hours = [
                    .with {
                        $0.days = ["mon", "fri"]
                        $0.cutOff = "14:30"
                    }
                ]
                $0.closed = ["2026-12-25"]
                $0.leadDays = 2
                $0.capacity = .with {
                    $0.units = 100
                    $0.orders = 20
                }
                $0.handlingPerShipment = 50
                $0.handlingPerUnit = 10
            }
            let made = try await services.sourcing.upsertSourcingLocations(
                request: .with {
                    $0.requestID = testID(1).description
                    $0.locations = [location]
                }, context: context)
            #expect(made.created == 1 && made.updated == 0)
            let listed = try await services.sourcing.listSourcingLocations(request: .init(), context: context)
            #expect(listed.locations == [location])
            let unknown = try await status {
                try await services.sourcing.upsertSourcingLocations(
                    request: .with {
                        $0.requestID = testID(2).description
                        $0.locations = [
                            location,
                            .with {
                                $0.code = "NOPE"
                                $0.country = "GB"
                            },
                        ]
                    }, context: context)
            }
            #expect(unknown.code == .invalidArgument && unknown.message.contains("locations[1].code"))
        }
    }

    // MARK: - Customers

    @Test(
        "A customer comes back as set, with a version that rises with each change, and is found by any of their names")
    func customers() async throws {
        try await Self.with { _, services, context in
            var record = SupplyRequestsTests.customers.customers[0]
            record.phone = "+44 20 7946 0958"
            func set(_ id: UInt64, _ records: [Holdfast_V1_CustomerRecord]) async throws
                -> Holdfast_V1_UpsertCustomersResponse
            {
                try await services.customers.upsertCustomers(
                    request: .with {
                        $0.requestID = testID(id).description
                        $0.customers = records
                    }, context: context)
            }
            let other = Holdfast_V1_CustomerRecord.with {
                $0.customerID = "C-2"
                $0.name = "Grace Hopper"
            }
            let first = try await set(1, [record, other])
            #expect(first.created == 2 && first.updated == 0 && first.unchanged == 0)
            #expect(try await set(1, [record, other]) == first)
            let same = try await set(2, [record])
            #expect(same.created == 0 && same.updated == 0 && same.unchanged == 1)
            record.addresses.removeLast()
            record.email = "countess@example.com"
            let changed = try await set(3, [record])
            #expect(changed.updated == 1)
            let got = try await services.customers.getCustomer(
                request: .with { $0.customerID = "C-1" }, context: context)
            #expect(got.customer.version == 2)
            #expect(got.customer.addresses.map(\.label) == ["home"])
            #expect(got.customer.contacts.map(\.label) == ["work"])
            #expect(got.orders == 0)
            func found(_ prefix: String) async throws -> [String] {
                try await services.customers.searchCustomers(request: .with { $0.prefix = prefix }, context: context)
                    .customers.map(\.customerID)
            }
            #expect(try await found("LOVE") == ["C-1"])
            #expect(try await found("0044 20 79") == ["C-1"])
            #expect(try await found("countess@") == ["C-1"])
            // Not by what was known before.
            #expect(try await found("ada@") == [])
            #expect(try await found("hopper") == ["C-2"])
            let none = try await status {
                try await services.customers.getCustomer(request: .with { $0.customerID = "C-9" }, context: context)
            }
            #expect(none.code == .notFound)
            let short = try await status {
                try await services.customers.searchCustomers(request: .with { $0.prefix = "l" }, context: context)
            }
            #expect(short.code == .invalidArgument)
        }
    }

    @Test("A customer's orders are listed over all channels that the caller may see")
    func history() async throws {
        try await Self.with { bench, services, context in
            let deployment = bench.deployment
            guard let pounds = Currency(code: "GBP") else { throw TestFailure("GBP is a currency") }
            _ = try await deployment.ledger.upsertChannels(
                .fresh, [Channel(code: "till", name: "Tills", currency: pounds)], body: [2], caller: .anonymous
            ) { _ in [] }
            try await deployment.change(.receive, [("A", "DC", 9)])
            _ = try await bench.orders.placeOrder(request: Self.order(1, 1, customer: "C-1"), context: context)
            var till = Self.order(2, 1, customer: "C-1")
            till.channel = "till"
            _ = try await bench.orders.placeOrder(request: till, context: context)
            _ = try await bench.orders.placeOrder(request: Self.order(3, 1, customer: "C-2"), context: context)
            _ = try await services.customers.upsertCustomers(
                request: SupplyRequestsTests.customers, context: context)
            func orders() async throws -> [String] {
                try await services.customers.listCustomerOrders(
                    request: .with { $0.customerID = "C-1" }, context: context
                ).orders.map(\.orderID)
            }
            #expect(try await orders() == [testID(2).description, testID(1).description])
            let limited = Caller(
                id: "key:x", name: "x", roles: [.support], scope: Scope(channels: ["web"], locations: nil))
            try await CallerContext.$current.withValue(limited) {
                #expect(try await orders() == [testID(1).description])
                let got = try await services.customers.getCustomer(
                    request: .with { $0.customerID = "C-1" }, context: context)
                #expect(got.orders == 1)
            }
        }
    }
}
