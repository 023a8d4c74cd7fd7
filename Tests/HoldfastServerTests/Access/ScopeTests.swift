import Domain
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import Ledger
import OrderPromising
import PostgresClient
import SwiftProtobuf
import Testing

@testable import HoldfastServer

/// A shop with two channels and two locations, and things of both that callers ask for.
struct ScopeShop: Sendable {
    let stack: AccessStack
    let mine: (reservation: EntityID, order: EntityID)
    let others: (reservation: EntityID, order: EntityID)
    /// Returns of goods that were sold over the counter at L2.
    let returns: (mine: EntityID, others: EntityID)
    /// Held to the channel `web` and the location `L1`, with every role.
    let key: String

    static func with(_ body: @Sendable (ScopeShop) async throws -> Void) async throws {
        try await AccessStack.with { stack in
            let deployment = stack.deployment
            guard let pounds = Currency(code: "GBP") else { throw TestFailure("GBP is a currency") }
            _ = try await deployment.ledger.upsertChannels(
                .fresh, [Channel(code: "shop", name: "ScopeShop", currency: pounds)], body: [12], caller: .anonymous
            ) { _ in [] }
            try await deployment.catalogue(skus: ["A"], locations: ["L1", "L2"])
            try await deployment.change(.receive, [("A", "L1", 100), ("A", "L2", 100)])
            let admin = try await stack.key([.admin]).text
            var ids: [(EntityID, EntityID)] = []
            for channel in ["web", "shop"] {
                let (reservation, order) = (EntityID.fresh, EntityID.fresh)
                let held = try await stack.call(
                    "holdfast.v1.ReservationService/Reserve", try reserve(reservation, channel, "L2"), by: admin, .http2
                )
                let placed = try await stack.call(
                    "holdfast.v1.OrderService/PlaceOrder", try place(order, channel, "L2"), by: admin, .http2)
                guard held.code == nil, placed.code == nil else { throw TestFailure("\(held) \(placed)") }
                ids.append((reservation, order))
            }
            let returns = (EntityID.fresh, EntityID.fresh)
            try await makeReturns(["web": returns.0, "shop": returns.1], on: stack, by: admin)
            let key = try await stack.key(Set(Role.allCases), channels: ["web"], locations: ["L1"]).text
            try await body(ScopeShop(stack: stack, mine: ids[0], others: ids[1], returns: returns, key: key))
        }
    }

    /// A return in each of these channels.
    private static func makeReturns(_ ids: [String: EntityID], on stack: AccessStack, by admin: String) async throws {
        let rules = try await stack.call(
            "holdfast.v1.ReturnService/UpsertReturnRules",
            try Holdfast_V1_UpsertReturnRulesRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.rules = [
                    .with {
                        $0.name = "all"
                        $0.terms.windowDays = 30
                    }
                ]
            }.serializedBytes(), by: admin, .http2)
        guard rules.code == nil else { throw TestFailure("\(rules)") }
        for (channel, id) in ids {
            let order = EntityID.fresh
            let placed = try await stack.call(
                "holdfast.v1.OrderService/PlaceOrder", try place(order, channel, "L2", goodsInHand: true), by: admin,
                .http2)
            let made = try await stack.call(
                "holdfast.v1.ReturnService/CreateReturn", try ask(order, id: id).serializedBytes(), by: admin, .http2)
            guard placed.code == nil, made.code == nil else { throw TestFailure("\(placed) \(made)") }
        }
    }

    private static func ask(_ order: EntityID, id: EntityID = .fresh) -> Holdfast_V1_CreateReturnRequest {
        .with {
            $0.returnID = id.description
            $0.orderID = order.description
            $0.method = .store
            $0.lines = [
                .with {
                    $0.orderLineNumber = 1
                    $0.quantity = 1
                    $0.reason = .unwanted
                    $0.condition = .opened
                }
            ]
        }
    }

    private func blind(_ channel: String, _ location: String) -> Holdfast_V1_CreateBlindReturnRequest {
        .with {
            $0.returnID = EntityID.fresh.description
            $0.channel = channel
            $0.location = location
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.quantity = 1
                    $0.unitValue.currencyCode = "GBP"
                    $0.reason = .unwanted
                    $0.condition = .opened
                    $0.disposition = .scrap
                }
            ]
        }
    }

    private func exchange(_ id: EntityID, _ location: String) -> Holdfast_V1_ExchangeReturnRequest {
        .with {
            $0.exchangeID = EntityID.fresh.description
            $0.returnID = id.description
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = location
                    $0.quantity = 1
                    $0.unitPrice.currencyCode = "GBP"
                }
            ]
        }
    }

    private func label(_ id: EntityID, _ location: String) -> Holdfast_V1_IssueReturnLabelRequest {
        .with {
            $0.labelID = EntityID.fresh.description
            $0.returnID = id.description
            $0.location = location
        }
    }

    private func receive(_ id: EntityID, _ location: String) -> Holdfast_V1_ReceiveReturnRequest {
        .with {
            $0.receiptID = EntityID.fresh.description
            $0.returnID = id.description
            $0.location = location
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.quantity = 1
                }
            ]
        }
    }

    static func reserve(
        _ id: EntityID = .fresh, _ channel: String = "web", _ location: String = "L1", _ quantity: Int64 = 1
    ) throws -> [UInt8] {
        try Holdfast_V1_ReserveRequest.with {
            $0.reservationID = id.description
            $0.channel = channel
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = location
                    $0.quantity = quantity
                    $0.allowSplit = true
                }
            ]
        }.serializedBytes()
    }

    static func place(
        _ id: EntityID = .fresh, _ channel: String = "web", _ location: String = "L1", _ quantity: Int64 = 1,
        reservation: EntityID? = nil, goodsInHand: Bool = false
    ) throws -> [UInt8] {
        try Holdfast_V1_PlaceOrderRequest.with {
            $0.goodsInHand = goodsInHand
            $0.orderID = id.description
            $0.channel = channel
            $0.externalID = id.description
            $0.reservationID = reservation?.description ?? ""
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.location = location
                    $0.quantity = quantity
                    $0.allowSplit = true
                    $0.unitPrice = .with {
                        $0.currencyCode = "GBP"
                        $0.units = 1
                    }
                }
            ]
        }.serializedBytes()
    }

    /// Of each method that is held to a scope: a call inside, and calls outside, those for what is not there among them.
    func cases(_ fulfilment: FulfilmentScopes) throws -> [String: ScopeCase] {
        let tables = try [
            stockCases(), orderCases(), paymentCases(), returnCases(), supplyCases(),
            fulfilment.cases(otherOrder: others.order),
        ]
        return tables.reduce(into: [:]) { all, table in all.merge(table) { $1 } }
    }

    private func supplyCases() throws -> [String: (inside: [UInt8], outside: [[UInt8]])] {
        func bytes(_ message: some Message) throws -> [UInt8] { try message.serializedBytes() }
        let unknown = EntityID.fresh
        func plan(_ order: EntityID) throws -> [UInt8] {
            try bytes(
                Holdfast_V1_PlanSourcingRequest.with {
                    $0.planID = EntityID.fresh.description
                    $0.orderID = order.description
                })
        }
        func policy(_ channel: String) throws -> [UInt8] {
            try bytes(
                Holdfast_V1_SetBackorderPoliciesRequest.with {
                    $0.requestID = EntityID.fresh.description
                    $0.policies = [
                        .with {
                            $0.sku = "A"
                            $0.channel = channel
                        }
                    ]
                })
        }
        func location(_ code: String) throws -> [UInt8] {
            try bytes(
                Holdfast_V1_UpsertSourcingLocationsRequest.with {
                    $0.requestID = EntityID.fresh.description
                    $0.locations = [
                        .with {
                            $0.code = code
                            $0.country = "GB"
                        }
                    ]
                })
        }
        return [
            "holdfast.v1.BackorderService/SetBackorderPolicies": (
                try policy("web"), try ["shop", "nowhere"].map(policy)
            ),
            "holdfast.v1.BackorderService/ListBackorderPolicies": (
                [],
                try ["shop", "nowhere"].map { channel in
                    try bytes(Holdfast_V1_ListBackorderPoliciesRequest.with { $0.channel = channel })
                }
            ),
            "holdfast.v1.BackorderService/ListBackorders": (
                [],
                try ["shop", "nowhere"].map { channel in
                    try bytes(Holdfast_V1_ListBackordersRequest.with { $0.channel = channel })
                }
            ),
            "holdfast.v1.SourcingService/UpsertSourcingLocations": (
                try location("L1"), try ["L2", "NOPE"].map(location)
            ),
            "holdfast.v1.SourcingService/ListSourcingLocations": ([], []),
            "holdfast.v1.SourcingService/PlanSourcing": (
                try plan(mine.order), try [others.order, unknown].map(plan)
            ),
            "holdfast.v1.SourcingService/GetSourcingPlan": (
                [],
                [try bytes(Holdfast_V1_GetSourcingPlanRequest.with { $0.planID = unknown.description })]
            ),
            "holdfast.v1.SourcingService/CommitSourcing": (
                [],
                [
                    try bytes(
                        Holdfast_V1_CommitSourcingRequest.with {
                            $0.commitID = EntityID.fresh.description
                            $0.planID = unknown.description
                        })
                ]
            ),
            "holdfast.v1.CustomerService/GetCustomer": ([], []),
            "holdfast.v1.CustomerService/ListCustomerOrders": ([], []),
        ]
    }

    private func returnCases() throws -> [String: (inside: [UInt8], outside: [[UInt8]])] {
        func bytes(_ message: some Message) throws -> [UInt8] { try message.serializedBytes() }
        let unknown = EntityID.fresh
        func returned(_ make: (EntityID) throws -> [UInt8]) rethrows -> (inside: [UInt8], outside: [[UInt8]]) {
            (try make(returns.mine), try [returns.others, unknown].map(make))
        }
        return [
            "holdfast.v1.ReturnService/CreateReturn": (
                try bytes(ScopeShop.ask(mine.order)),
                [try bytes(ScopeShop.ask(others.order)), try bytes(ScopeShop.ask(unknown))]
            ),
            "holdfast.v1.ReturnService/GetReturn": try returned { id in
                try bytes(Holdfast_V1_GetReturnRequest.with { $0.returnID = id.description })
            },
            "holdfast.v1.ReturnService/ListReturns": (
                [],
                [
                    try bytes(Holdfast_V1_ListReturnsRequest.with { $0.channel = "shop" }),
                    try bytes(Holdfast_V1_ListReturnsRequest.with { $0.channel = "nowhere" }),
                ]
            ),
            "holdfast.v1.ReturnService/ChangeReturn": try returned { id in
                try bytes(
                    Holdfast_V1_ChangeReturnRequest.with {
                        $0.changeID = EntityID.fresh.description
                        $0.returnID = id.description
                        $0.action = .handIn
                    })
            },
            "holdfast.v1.ReturnService/ReceiveReturn": (
                try bytes(receive(returns.mine, "L1")),
                [
                    try bytes(receive(returns.mine, "L2")), try bytes(receive(returns.mine, "NOPE")),
                    try bytes(receive(returns.others, "L1")), try bytes(receive(unknown, "L1")),
                ]
            ),
            "holdfast.v1.ReturnService/InspectReturn": try returned { id in
                try bytes(
                    Holdfast_V1_InspectReturnRequest.with {
                        $0.inspectionID = EntityID.fresh.description
                        $0.returnID = id.description
                        $0.lines = [
                            .with {
                                $0.lineNumber = 1
                                $0.quantity = 1
                                $0.condition = .opened
                                $0.disposition = .scrap
                            }
                        ]
                    })
            },
            "holdfast.v1.ReturnService/ExchangeReturn": (
                try bytes(exchange(returns.mine, "L1")),
                [
                    try bytes(exchange(returns.mine, "L2")), try bytes(exchange(returns.mine, "NOPE")),
                    try bytes(exchange(returns.others, "L1")), try bytes(exchange(unknown, "L1")),
                ]
            ),
            "holdfast.v1.ReturnService/SettleReturn": try returned { id in
                try bytes(
                    Holdfast_V1_SettleReturnRequest.with {
                        $0.settlementID = EntityID.fresh.description
                        $0.returnID = id.description
                        $0.settlement = .outside
                    })
            },
            "holdfast.v1.ReturnService/IssueReturnLabel": (
                try bytes(label(returns.mine, "L1")),
                [
                    try bytes(label(returns.mine, "L2")), try bytes(label(returns.mine, "NOPE")),
                    try bytes(label(returns.others, "L1")), try bytes(label(unknown, "L1")),
                ]
            ),
            "holdfast.v1.ReturnService/GetReturnLabel": try returned { id in
                try bytes(Holdfast_V1_GetReturnLabelRequest.with { $0.returnID = id.description })
            },
            "holdfast.v1.ReturnService/CreateBlindReturn": (
                try bytes(blind("web", "L1")),
                try [("shop", "L1"), ("nowhere", "L1"), ("web", "L2"), ("web", "NOPE")].map {
                    try bytes(blind($0, $1))
                }
            ),
            "holdfast.v1.ReturnService/CreateClaim": (
                try bytes(claim(mine.order)), [try bytes(claim(others.order)), try bytes(claim(unknown))]
            ),
        ]
    }

    private func claim(_ order: EntityID) -> Holdfast_V1_CreateClaimRequest {
        .with {
            $0.returnID = EntityID.fresh.description
            $0.orderID = order.description
            $0.reason = .other
            $0.lines = [
                .with {
                    $0.orderLineNumber = 1
                    $0.quantity = 1
                }
            ]
        }
    }

}

@Suite("Scopes")
struct ScopeTests {
    @Test("Outside the scope every method says the same, whether there is such a thing or not; inside it works")
    func matrix() async throws {
        try await ScopeShop.with { shop in
            let admin = try await shop.stack.key([.admin]).text
            let fulfilment = try await FulfilmentScopes(shop.stack, by: admin) { try ScopeShop.place($0, $1, $2) }
            // Before the order is cancelled below.
            let tender = try await shop.stack.call(
                "holdfast.v1.PaymentService/AddTender", try shop.tender(shop.mine.order).serializedBytes(), by: admin,
                .http2)
            #expect(tender.code == nil, "\(tender)")
            let scoped = AccessTable.rules.filter { $0.value.reach == .scoped }.keys
            #expect(Set(try shop.cases(fulfilment).keys) == Set(scoped))
            // Every lane in turn for each method, so that no connection is left idle.
            let tables = try Way.allCases.map { ($0, try shop.cases(fulfilment)) }
            let methods = tables[0].1.keys.sorted()
            func ways(_ method: String) -> [(Way, (inside: [UInt8], outside: [[UInt8]]))] {
                // Streams are refused by the framed transport whoever asks.
                tables.filter { $0.0 == .http2 || !AccessMatrixTests.streams.contains(method) }
                    .compactMap { way, rows in rows[method].map { (way, $0) } }
            }
            var denials: [Way: Answer] = [:]
            for method in methods {
                for (way, row) in ways(method) {
                    for message in row.outside {
                        let answer = try await shop.stack.call(method, message, by: shop.key, way)
                        #expect(answer.code == .permissionDenied, "\(method) \(way): \(answer)")
                        #expect(answer == denials[way] ?? answer, "\(method) \(way)")
                        denials[way] = answer
                    }
                }
            }
            for method in methods {
                for (way, row) in ways(method) {
                    let answer = try await shop.stack.call(method, row.inside, by: shop.key, way)
                    #expect(!answer.isDenied, "\(method) \(way): \(answer)")
                }
            }
            // What was refused was not done either.
            let reservation = try Holdfast_V1_GetReservationResponse(
                serializedBytes: try await shop.stack.call(
                    "holdfast.v1.ReservationService/GetReservation",
                    try Holdfast_V1_GetReservationRequest.with {
                        $0.reservationID = shop.others.reservation.description
                    }.serializedBytes(), by: admin, .http2
                ).body)
            #expect(reservation.reservation.state == .held)
            let order = try Holdfast_V1_GetOrderResponse(
                serializedBytes: try await shop.stack.call(
                    "holdfast.v1.OrderService/GetOrder",
                    try Holdfast_V1_GetOrderRequest.with { $0.orderID = shop.others.order.description }
                        .serializedBytes(), by: admin, .http2
                ).body)
            #expect(order.order.status == .open)
        }
    }

    @Test("What concerns the whole company is refused to a caller with a limited scope")
    func company() async throws {
        try await ScopeShop.with { shop in
            for (method, _) in AccessTable.rules.filter({ $0.value.reach == .company }) {
                for way in Way.allCases {
                    let answer = try await shop.stack.call(method, by: shop.key, way)
                    #expect(answer.code == .permissionDenied, "\(method) \(way): \(answer)")
                }
            }
        }
    }

    @Test("Lists show what is inside, and a request for any location is served from inside")
    func narrowed() async throws {
        try await ScopeShop.with { shop in
            func ask<Reply: Message>(_ method: String, _ message: [UInt8] = [], _ way: Way = .http2) async throws
                -> Reply
            {
                let answer = try await shop.stack.call("holdfast.v1.\(method)", message, by: shop.key, way)
                #expect(answer.code == nil, "\(answer)")
                return try Reply(serializedBytes: answer.body)
            }
            let orders: Holdfast_V1_ListOrdersResponse = try await ask("OrderService/ListOrders")
            #expect(orders.orders.map(\.orderID).contains(shop.mine.order.description))
            #expect(orders.orders.allSatisfy { $0.channel == "web" })
            let returns: Holdfast_V1_ListReturnsResponse = try await ask("ReturnService/ListReturns")
            #expect(returns.returns.map(\.returnID) == [shop.returns.mine.description])
            let stock: Holdfast_V1_GetStockResponse = try await ask("InventoryService/GetStock")
            #expect(stock.levels.map(\.location) == ["L1"])
            let movements: Holdfast_V1_ListMovementsResponse = try await ask("InventoryService/ListMovements")
            #expect(!movements.movements.isEmpty && movements.movements.allSatisfy { $0.location == "L1" })
            let channels: Holdfast_V1_ListChannelsResponse = try await ask("CatalogService/ListChannels")
            #expect(channels.channels.map(\.code) == ["web"])
            let locations: Holdfast_V1_ListLocationsResponse = try await ask("CatalogService/ListLocations")
            #expect(locations.locations.map(\.code) == ["L1"])
            for way in Way.allCases {
                let available: Holdfast_V1_CheckAvailabilityResponse = try await ask(
                    "AvailabilityService/CheckAvailability", try shop.check(""), way)
                #expect(available.items.map(\.available) == [100])
                let short = try await shop.stack.call(
                    "holdfast.v1.ReservationService/Reserve", try ScopeShop.reserve(.fresh, "web", "", 101),
                    by: shop.key,
                    way)
                #expect(short.code == .failedPrecondition && short.message.contains("100 are available"), "\(short)")
            }
            let short = try await shop.stack.call(
                "holdfast.v1.OrderService/PlaceOrder", try ScopeShop.place(.fresh, "web", "", 101), by: shop.key, .http2
            )
            #expect(short.code == .failedPrecondition && short.message.contains("100 are available"), "\(short)")
            let explained: Holdfast_V1_ExplainAvailabilityResponse = try await ask(
                "AvailabilityService/ExplainAvailability",
                try Holdfast_V1_ExplainAvailabilityRequest.with { $0.sku = "A" }.serializedBytes())
            #expect(explained.locations.map(\.location) == ["L1"])
        }
    }

    @Test("A caller held to channels learns of no order and no cancellation through movements")
    func movementsOfOrders() async throws {
        try await ScopeShop.with { shop in
            let admin = try await shop.stack.key([.admin]).text
            let cancellation = EntityID.fresh
            let cancelled = try await shop.stack.call(
                "holdfast.v1.OrderService/CancelOrder",
                try Holdfast_V1_CancelOrderRequest.with {
                    $0.cancellationID = cancellation.description
                    $0.orderID = shop.others.order.description
                    $0.reason = "the customer's own words"
                }.serializedBytes(), by: admin, .http2)
            #expect(cancelled.code == nil, "\(cancelled)")
            let sold = EntityID.fresh
            let placed = try await shop.stack.call(
                "holdfast.v1.OrderService/PlaceOrder", try ScopeShop.place(sold, "shop", "L2", goodsInHand: true),
                by: admin,
                .http2)
            #expect(placed.code == nil, "\(placed)")

            let key = try await shop.stack.key([.warehouse], channels: ["web"]).text
            func movements(
                cause: String = "", sku: String = "", by key: String
            ) async throws -> [Holdfast_V1_StockMovement] {
                var listed: [Holdfast_V1_StockMovement] = []
                for way in Way.allCases {
                    let answer = try await shop.stack.call(
                        "holdfast.v1.InventoryService/ListMovements",
                        try Holdfast_V1_ListMovementsRequest.with {
                            $0.causeID = cause
                            $0.sku = sku
                        }.serializedBytes(), by: key, way)
                    #expect(answer.code == nil, "\(answer)")
                    listed = try Holdfast_V1_ListMovementsResponse(serializedBytes: answer.body).movements
                }
                return listed
            }
            for cause in [shop.mine.order, shop.others.order, cancellation, sold, .fresh] {
                #expect(try await movements(cause: cause.description, by: key).isEmpty)
            }
            #expect(try await movements(cause: shop.others.order.description, by: admin).map(\.kind) == [.allocation])
            for sku in ["", "A"] {
                let seen = try await movements(sku: sku, by: key)
                let known = try await movements(sku: sku, by: admin)
                #expect(seen.map(\.sequence) == known.map(\.sequence))
                let ofOrders = seen.filter { [.allocation, .deallocation, .sale, .found].contains($0.kind) }
                #expect(Set(ofOrders.map(\.kind)) == [.allocation, .deallocation, .sale])
                #expect(ofOrders.allSatisfy { $0.causeID.isEmpty && $0.reason.isEmpty })
                #expect(known.contains { $0.reason == "the customer's own words" && !$0.causeID.isEmpty })
                let receipt = try #require(seen.first { $0.kind == .receipt })
                #expect(receipt.reason == "test")
                #expect(try await movements(cause: receipt.causeID, by: key).map(\.kind) == [.receipt, .receipt])
            }
        }
    }

    @Test("An id that another channel has used tells nothing of what it was used for")
    func replays() async throws {
        try await ScopeShop.with { shop in
            for way in Way.allCases {
                let held = try await shop.stack.call(
                    "holdfast.v1.ReservationService/Reserve", try ScopeShop.reserve(shop.others.reservation),
                    by: shop.key,
                    way)
                #expect(held.code == .alreadyExists && held.message.hasSuffix("with another request"), "\(held)")
                let placed = try await shop.stack.call(
                    "holdfast.v1.OrderService/PlaceOrder", try ScopeShop.place(shop.others.order), by: shop.key, way)
                #expect(placed.code == .alreadyExists && placed.message.hasSuffix("with another request"), "\(placed)")
            }
            // An attempt that came to nothing is another channel's affair too.
            let abandoned = EntityID.fresh
            let channel = try await shop.stack.deployment.pool.withConnection { connection in
                try connection.execute(
                    PostgresStatement("test_channel", "SELECT id FROM channel WHERE code = 'shop'")
                ).single.int32(0)
            }
            _ = try await shop.stack.deployment.ledger.void([(abandoned, channel)], kind: .reservation)
            let admin = try await shop.stack.key([.admin]).text
            for way in Way.allCases {
                let repeated = try await shop.stack.call(
                    "holdfast.v1.ReservationService/Reserve", try ScopeShop.reserve(abandoned), by: shop.key, way)
                #expect(repeated.code == .alreadyExists, "\(repeated)")
                #expect(repeated.message.hasSuffix("with another request"), "\(repeated)")
                let known = try await shop.stack.call(
                    "holdfast.v1.ReservationService/Reserve", try ScopeShop.reserve(abandoned, "shop"), by: admin, way)
                #expect(known.code == .failedPrecondition, "\(known)")
            }
        }
    }
}
