import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

/// A mutating method with a request that takes effect, and one that must not pass for it.
struct Mutation: Sendable {
    /// `package.Service/Method`.
    var method: String
    /// The id that makes it one call.
    var id: EntityID
    /// The request.
    var request: [UInt8]
    /// The same id with another content, and the field that differs; nil where the id is the whole request.
    var other: (request: [UInt8], field: String)?
    /// Whether its answer has a secret, which is shown once.
    var hasSecret = false

    /// The method's own name.
    var name: String { method.split(separator: "/").last.map(String.init) ?? method }

    /// Methods that change nothing.
    static let reads: Set<String> = [
        "holdfast.v1.CatalogService/GetProduct", "holdfast.v1.CatalogService/ListProducts",
        "holdfast.v1.CatalogService/ListLocations", "holdfast.v1.CatalogService/ListChannels",
        "holdfast.v1.InventoryService/GetStock", "holdfast.v1.InventoryService/ListMovements",
        "holdfast.v1.AvailabilityService/CheckAvailability", "holdfast.v1.AvailabilityService/ExplainAvailability",
        "holdfast.v1.ReservationService/GetReservation", "holdfast.v1.OrderService/GetOrder",
        "holdfast.v1.DraftService/GetDraft", "holdfast.v1.DraftService/ListDrafts",
        "holdfast.v1.LateCancellationService/ListCancellations", "holdfast.v1.OrderReviewService/ListHolds",
        "holdfast.v1.OrderReviewService/ListPrices",
        "holdfast.v1.OrderService/ListOrders", "holdfast.v1.OperationsService/CheckBooks",
        "holdfast.v1.AccessService/ListApiKeys", "holdfast.v1.AccessService/ListAuditEvents",
        "holdfast.v1.AccessService/GetCaller", "holdfast.v1.EventService/Subscribe",
        "holdfast.v1.BackorderService/ListBackorderPolicies", "holdfast.v1.BackorderService/ListBackorders",
        "holdfast.v1.SourcingService/GetSourcingConfig", "holdfast.v1.SourcingService/ListSourcingLocations",
        "holdfast.v1.SourcingService/GetSourcingPlan", "holdfast.v1.CustomerService/GetCustomer",
        "holdfast.v1.CustomerService/SearchCustomers", "holdfast.v1.CustomerService/ListCustomerOrders",
        "holdfast.v1.PaymentService/GetPayments", "holdfast.v1.PaymentService/GetStoredValue",
        "holdfast.v1.PaymentService/ListDocuments", "holdfast.v1.PaymentService/GetDocument",
        "holdfast.v1.PaymentService/ListOpenAttempts",
        // Records what a gateway says, however often it is asked.
        "holdfast.v1.PaymentService/ReportGatewayEvent",
        "holdfast.v1.ReturnService/GetReturnRules", "holdfast.v1.ReturnService/GetReturn",
        "holdfast.v1.ReturnService/ListReturns", "holdfast.v1.ReturnService/GetReturnLabel",
        "holdfast.v1.FulfilmentService/GetFulfilment", "holdfast.v1.FulfilmentService/ListFulfilments",
        "holdfast.v1.FulfilmentService/GetPickList", "holdfast.v1.FulfilmentService/QuoteShipment",
        "holdfast.v1.FulfilmentService/GetLabel", "holdfast.v1.TrackingService/Track",
    ]

    init<Request: Message>(
        _ method: String, id: EntityID, _ request: Request, hasSecret: Bool = false, differs field: String? = nil,
        where change: (inout Request) -> Void = { _ in }
    ) throws {
        self.method = "holdfast.v1." + method
        self.id = id
        self.request = try request.serializedBytes()
        self.hasSecret = hasSecret
        if let field {
            var other = request
            change(&other)
            self.other = (try other.serializedBytes(), field)
        }
    }
}

/// A small shop, and one call of every mutating method on it.
struct MutationSet: Sendable {
    /// What must be done before, in order.
    let preparation: [Mutation]
    /// One call of every mutating method; none depends on another one of them.
    let mutations: [Mutation]
    /// What must be done in the database before, after the preparation.
    let statements: [String]

    /// Makes a set with ids and articles of its own.
    init() throws {
        let shop = MutationShop()
        let fulfilment = try FulfilmentMutations(tag: shop.tag, channel: shop.channel)
        preparation = try shop.preparation() + shop.sourcingPreparation() + fulfilment.preparation
        mutations =
            try shop.catalogue() + shop.stock() + shop.trade() + shop.review() + shop.amendments() + shop.payments()
            + shop.giveBack()
            + shop.access() + shop.supply() + fulfilment.mutations
        statements = fulfilment.statements + [shop.unansweredRefund(), shop.address]
    }
}

/// A shop with something to do for every mutating method.
struct MutationShop {
    let tag = String(EntityID.fresh.hexadecimal.prefix(8))
    private let held = EntityID.fresh
    private let released = EntityID.fresh
    private let cancelled = EntityID.fresh
    let toHold = EntityID.fresh
    let heldOrder = EntityID.fresh
    let toValidate = EntityID.fresh
    let toAmend = EntityID.fresh
    let toPlace = EntityID.fresh
    let toDiscard = EntityID.fresh
    private let revoked = EntityID.fresh
    private let rotated = EntityID.fresh
    private let planned = EntityID.fresh
    private let plan = EntityID.fresh
    /// An order for each of these: added, authorised, captured, voided, refunded.
    let paid = (0..<5).map { _ in EntityID.fresh }
    let card = EntityID.fresh
    let unanswered = EntityID.fresh
    private let sold = EntityID.fresh
    /// Returns of it: one for each step.
    private let returns = (0..<6).map { _ in EntityID.fresh }

    func sku(_ name: String) -> String { "\(tag)-\(name)" }
    var warehouse: String { tag + "-W" }
    var store: String { tag + "-S" }
    var channel: String { tag + "-web" }
    private static let articles = [
        "reserve", "order", "receive", "adjust", "count", "transfer", "policy", "held", "released", "cancelled",
        "planned",
        "paid", "sold",
    ]

    func preparation() throws -> [Mutation] {
        let ids = (0..<5).map { _ in EntityID.fresh }
        return [
            try Mutation("CatalogService/UpsertProducts", id: ids[0], products(ids[0], MutationShop.articles)),
            try Mutation(
                "CatalogService/UpsertLocations", id: ids[1],
                Holdfast_V1_UpsertLocationsRequest.with {
                    $0.requestID = ids[1].description
                    $0.locations = [location(warehouse), location(store)]
                }),
            try Mutation(
                "CatalogService/UpsertChannels", id: ids[2],
                Holdfast_V1_UpsertChannelsRequest.with {
                    $0.requestID = ids[2].description
                    $0.channels = [channel(channel)]
                }),
            try Mutation(
                "InventoryService/ReceiveStock", id: ids[3],
                Holdfast_V1_ReceiveStockRequest.with { request in
                    request.movementID = ids[3].description
                    request.lines = MutationShop.articles.map { line($0, 100) }
                }),
            try Mutation("ReservationService/Reserve", id: held, reservation(held, "held", 2)),
            try Mutation("ReservationService/Reserve", id: released, reservation(released, "released", 2)),
            try Mutation("OrderService/PlaceOrder", id: cancelled, order(cancelled, "cancelled", 2)),
            try Mutation("AccessService/CreateApiKey", id: revoked, key(revoked)),
        ] + (try reviewPreparation()) + [
            try Mutation("PaymentService/IssueStoredValue", id: card, giftCard(card)),
            try Mutation("AccessService/CreateApiKey", id: rotated, key(rotated)),
            try Mutation("OrderService/PlaceOrder", id: sold, order(sold, "sold", 50, inHand: true)),
            try Mutation("ReturnService/UpsertReturnRules", id: ids[4], rules(ids[4])),
        ] + (try orders()) + (try tenders()) + (try returnsPreparation())
    }

    func orders() throws -> [Mutation] {
        try paid.map { try Mutation("OrderService/PlaceOrder", id: $0, order($0, "paid", 1)) }
    }

    /// The address that what was sold came to.
    var address: String {
        """
        INSERT INTO order_delivery (order_id, sequence, method, service, has_address, name, lines, city, region, postcode,
            country, phone)
        VALUES ('\(sold)', 1, 1, '', true, 'Ann Example', '{1 Long Road}', 'Leeds', '', 'LS1 1AA', 'GB', '')
        """
    }

    /// A return that is to be changed, one to be received, one to be inspected, one to be settled, one to be exchanged and one
    /// to get a label.
    private func returnsPreparation() throws -> [Mutation] {
        try returns.map { try Mutation("ReturnService/CreateReturn", id: $0, give($0, 1)) }
            + returns[2...3].map { id in
                let arrival = EntityID.fresh
                return try Mutation("ReturnService/ReceiveReturn", id: arrival, receipt(arrival, of: id))
            }
            + returns[3...3].map { id in
                let look = EntityID.fresh
                return try Mutation("ReturnService/InspectReturn", id: look, inspection(look, of: id))
            }
    }

    func giveBack() throws -> [Mutation] {
        let ids = (0..<10).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "ReturnService/UpsertReturnRules", id: ids[0], rules(ids[0]), differs: "rules[0].terms.window_days"
            ) { $0.rules[0].terms.windowDays = 31 },
            try Mutation("ReturnService/CreateReturn", id: ids[1], give(ids[1], 1), differs: "lines[0].quantity") {
                $0.lines[0].quantity = 2
            },
            try Mutation(
                "ReturnService/CreateClaim", id: ids[2],
                Holdfast_V1_CreateClaimRequest.with {
                    $0.returnID = ids[2].description
                    $0.orderID = sold.description
                    $0.reason = .damagedInTransit
                    $0.lines = [
                        .with {
                            $0.orderLineNumber = 1
                            $0.quantity = 1
                        }
                    ]
                }, differs: "basis_points"
            ) { $0.basisPoints = 5_000 },
            try Mutation(
                "ReturnService/CreateBlindReturn", id: ids[3],
                Holdfast_V1_CreateBlindReturnRequest.with {
                    $0.returnID = ids[3].description
                    $0.channel = channel
                    $0.location = warehouse
                    $0.lines = [
                        .with {
                            $0.sku = sku("sold")
                            $0.quantity = 1
                            $0.unitValue.currencyCode = "GBP"
                            $0.unitValue.units = 2
                            $0.reason = .unwanted
                            $0.condition = .used
                            $0.disposition = .restock
                        }
                    ]
                }, differs: "lines[0].unit_value.units"
            ) { $0.lines[0].unitValue.units = 3 },
            try Mutation(
                "ReturnService/ChangeReturn", id: ids[4],
                Holdfast_V1_ChangeReturnRequest.with {
                    $0.changeID = ids[4].description
                    $0.returnID = returns[0].description
                    $0.action = .cancel
                }, differs: "reason"
            ) { $0.reason = "another" },
            try Mutation(
                "ReturnService/ReceiveReturn", id: ids[5], receipt(ids[5], of: returns[1]), differs: "last"
            ) { $0.last = true },
            try Mutation(
                "ReturnService/InspectReturn", id: ids[6], inspection(ids[6], of: returns[2]),
                differs: "lines[0].disposition"
            ) { $0.lines[0].disposition = .scrap },
            try Mutation(
                "ReturnService/SettleReturn", id: ids[7],
                Holdfast_V1_SettleReturnRequest.with {
                    $0.settlementID = ids[7].description
                    $0.returnID = returns[3].description
                    $0.settlement = .outside
                }, differs: "reference"
            ) { $0.reference = "4711" },
            try Mutation(
                "ReturnService/ExchangeReturn", id: ids[8],
                Holdfast_V1_ExchangeReturnRequest.with { request in
                    request.exchangeID = ids[8].description
                    request.returnID = returns[4].description
                    request.lines = [
                        .with {
                            $0.sku = sku("sold")
                            $0.location = warehouse
                            $0.quantity = 1
                            $0.unitPrice.currencyCode = "GBP"
                            $0.unitPrice.units = 3
                        }
                    ]
                }, differs: "lines[0].unit_price.units"
            ) { $0.lines[0].unitPrice.units = 4 },
            try Mutation(
                "ReturnService/IssueReturnLabel", id: ids[9],
                Holdfast_V1_IssueReturnLabelRequest.with {
                    $0.labelID = ids[9].description
                    $0.returnID = returns[5].description
                    $0.location = warehouse
                }, differs: "service"
            ) { $0.service = "12" },
        ]
    }

    func rules(_ id: EntityID) -> Holdfast_V1_UpsertReturnRulesRequest {
        .with {
            $0.requestID = id.description
            $0.rules = [false, true].map { withoutOrder in
                .with {
                    $0.name = withoutOrder ? "till" : "all"
                    $0.withoutOrder = withoutOrder
                    $0.terms.windowDays = 30
                }
            }
        }
    }

    private func give(_ id: EntityID, _ quantity: Int64) -> Holdfast_V1_CreateReturnRequest {
        .with {
            $0.returnID = id.description
            $0.orderID = sold.description
            $0.method = .mail
            $0.lines = [
                .with {
                    $0.orderLineNumber = 1
                    $0.quantity = quantity
                    $0.reason = .unwanted
                    $0.condition = .opened
                }
            ]
        }
    }

    private func receipt(_ id: EntityID, of subject: EntityID) -> Holdfast_V1_ReceiveReturnRequest {
        .with { request in
            request.receiptID = id.description
            request.returnID = subject.description
            request.location = warehouse
            request.lines = [
                .with {
                    $0.sku = sku("sold")
                    $0.quantity = 1
                }
            ]
        }
    }

    private func inspection(_ id: EntityID, of subject: EntityID) -> Holdfast_V1_InspectReturnRequest {
        .with {
            $0.inspectionID = id.description
            $0.returnID = subject.description
            $0.lines = [
                .with {
                    $0.lineNumber = 1
                    $0.quantity = 1
                    $0.condition = .opened
                    $0.disposition = .restock
                }
            ]
        }
    }

    func trade() throws -> [Mutation] {
        let ids = (0..<4).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "ReservationService/Reserve", id: ids[0], reservation(ids[0], "reserve", 100),
                differs: "lines[0].quantity"
            ) { $0.lines[0].quantity = 3 },
            try Mutation(
                "ReservationService/ExtendReservation", id: ids[1],
                Holdfast_V1_ExtendReservationRequest.with {
                    $0.extensionID = ids[1].description
                    $0.reservationID = held.description
                    $0.ttl = .init(seconds: 7_200)
                }, differs: "ttl.seconds"
            ) { $0.ttl.seconds = 3_600 },
            try Mutation(
                "ReservationService/ReleaseReservation", id: released,
                Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = released.description }),
            try Mutation(
                "OrderService/PlaceOrder", id: ids[2], order(ids[2], "order", 100), differs: "lines[0].unit_price.units"
            ) { $0.lines[0].unitPrice.units = 3 },
            try Mutation(
                "OrderService/CancelOrder", id: ids[3],
                Holdfast_V1_CancelOrderRequest.with { request in
                    request.cancellationID = ids[3].description
                    request.orderID = cancelled.description
                    request.lines = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = 1
                        }
                    ]
                }, differs: "lines[0].quantity"
            ) { $0.lines[0].quantity = 2 },
        ]
    }

    var reviewed: String { tag + "-reviewed" }

    func access() throws -> [Mutation] {
        let ids = (0..<2).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "AccessService/CreateApiKey", id: ids[0], key(ids[0]), hasSecret: true, differs: "name"
            ) { $0.name = "another" },
            try Mutation(
                "AccessService/RotateApiKey", id: ids[1],
                Holdfast_V1_RotateApiKeyRequest.with {
                    $0.keyID = ids[1].description
                    $0.replaces = rotated.description
                    $0.overlapSeconds = 60
                }, hasSecret: true, differs: "overlap_seconds"
            ) { $0.overlapSeconds = 61 },
            try Mutation(
                "AccessService/RevokeApiKey", id: revoked,
                Holdfast_V1_RevokeApiKeyRequest.with { $0.key = revoked.description }),
        ]
    }

    func sourcingPreparation() throws -> [Mutation] {
        let ids = (0..<2).map { _ in EntityID.fresh }
        return [
            try Mutation("OrderService/PlaceOrder", id: planned, order(planned, "planned", 2)),
            try Mutation("SourcingService/UpsertSourcingConfig", id: ids[0], config(ids[0], tag, penalty: 100)),
            try Mutation("SourcingService/UpsertSourcingLocations", id: ids[1], known(ids[1], warehouse)),
            try Mutation("SourcingService/PlanSourcing", id: plan, question(plan)),
        ]
    }

    func supply() throws -> [Mutation] {
        let ids = (0..<7).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "BackorderService/SetBackorderPolicies", id: ids[0],
                Holdfast_V1_SetBackorderPoliciesRequest.with { request in
                    request.requestID = ids[0].description
                    request.policies = [
                        .with {
                            $0.sku = sku("order")
                            $0.channel = channel
                            $0.cap = 5
                        }
                    ]
                }, differs: "policies[0].cap"
            ) { $0.policies[0].cap = 6 },
            try Mutation(
                "SourcingService/UpsertSourcingConfig", id: ids[1], config(ids[1], tag + "-2", penalty: 200),
                differs: "document"
            ) { $0.document = #"{"currency": "GBP", "services": [], "splitPenalty": 201}"# },
            try Mutation(
                "SourcingService/UpsertSourcingLocations", id: ids[2], known(ids[2], store),
                differs: "locations[0].lead_days"
            ) { $0.locations[0].leadDays = 3 },
            try Mutation(
                "SourcingService/UpsertSourcingProducts", id: ids[3],
                Holdfast_V1_UpsertSourcingProductsRequest.with { request in
                    request.requestID = ids[3].description
                    request.products = [
                        .with {
                            $0.sku = sku("order")
                            $0.grams = 400
                        }
                    ]
                }, differs: "products[0].grams"
            ) { $0.products[0].grams = 500 },
            try Mutation(
                "SourcingService/PlanSourcing", id: ids[4], question(ids[4]), differs: "promised"
            ) { $0.promised = "2030-01-01" },
            try Mutation(
                "SourcingService/CommitSourcing", id: ids[5],
                Holdfast_V1_CommitSourcingRequest.with {
                    $0.commitID = ids[5].description
                    $0.planID = plan.description
                }, differs: "plan_id"
            ) { $0.planID = EntityID.fresh.description },
            try Mutation(
                "CustomerService/UpsertCustomers", id: ids[6],
                Holdfast_V1_UpsertCustomersRequest.with { request in
                    request.requestID = ids[6].description
                    request.customers = [
                        .with {
                            $0.customerID = tag + "-C"
                            $0.name = "Ada"
                        }
                    ]
                }, differs: "customers[0].name"
            ) { $0.customers[0].name = "Grace" },
        ]
    }

    // MARK: - Messages

    private func config(_ id: EntityID, _ name: String, penalty: Int) -> Holdfast_V1_UpsertSourcingConfigRequest {
        .with {
            $0.requestID = id.description
            $0.name = name
            $0.document = #"{"currency": "GBP", "services": [], "splitPenalty": \#(penalty)}"#
        }
    }

    private func known(_ id: EntityID, _ code: String) -> Holdfast_V1_UpsertSourcingLocationsRequest {
        .with { request in
            request.requestID = id.description
            request.locations = [
                .with {
                    $0.code = code
                    $0.country = "GB"
                    $0.methods = ["pickup"]
                }
            ]
        }
    }

    private func question(_ id: EntityID) -> Holdfast_V1_PlanSourcingRequest {
        .with {
            $0.planID = id.description
            $0.orderID = planned.description
            $0.method = "pickup"
            $0.pickupLocation = warehouse
            $0.config = tag
        }
    }

    func pounds(_ minor: Int64) -> Holdfast_V1_Money {
        .with {
            $0.currencyCode = "GBP"
            $0.amountMinor = minor
        }
    }

    func products(_ id: EntityID, _ names: [String]) -> Holdfast_V1_UpsertProductsRequest {
        .with { request in
            request.requestID = id.description
            request.products = names.map { name in
                .with {
                    $0.sku = sku(name)
                    $0.name = name
                    $0.tracked = true
                }
            }
        }
    }

    func location(_ code: String) -> Holdfast_V1_Location {
        .with {
            $0.code = code
            $0.name = code
            $0.kind = .warehouse
        }
    }

    func channel(_ code: String) -> Holdfast_V1_Channel {
        .with {
            $0.code = code
            $0.name = code
            $0.currencyCode = "GBP"
        }
    }

    func line(_ article: String, _ quantity: Int64) -> Holdfast_V1_StockLine {
        .with {
            $0.sku = sku(article)
            $0.location = warehouse
            $0.quantity = quantity
        }
    }

    private func reservation(_ id: EntityID, _ article: String, _ quantity: Int64) -> Holdfast_V1_ReserveRequest {
        .with { request in
            request.reservationID = id.description
            request.channel = channel
            request.lines = [
                .with {
                    $0.sku = sku(article)
                    $0.quantity = quantity
                }
            ]
        }
    }

    func order(
        _ id: EntityID, _ article: String, _ quantity: Int64, inHand: Bool = false
    ) -> Holdfast_V1_PlaceOrderRequest {
        .with { request in
            request.goodsInHand = inHand
            request.orderID = id.description
            request.channel = channel
            request.externalID = id.description
            request.lines = [
                .with {
                    $0.sku = sku(article)
                    $0.location = warehouse
                    $0.quantity = quantity
                    $0.unitPrice = .with {
                        $0.currencyCode = "GBP"
                        $0.units = 2
                    }
                }
            ]
        }
    }

    private func key(_ id: EntityID) -> Holdfast_V1_CreateApiKeyRequest {
        .with {
            $0.keyID = id.description
            $0.name = "key"
            $0.roles = [.pos]
        }
    }
}
