import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

/// One call of every mutating method about fulfilments, each on a fulfilment of its own that stands where the call needs it.
struct FulfilmentMutations: Sendable {
    /// What must be done before, in order.
    private(set) var preparation: [Mutation] = []
    /// The calls.
    private(set) var mutations: [Mutation] = []
    /// What no call could do: a code that the test knows, and a time that is over.
    private(set) var statements: [String] = []
    private let tag: String
    private let channel: String

    /// Where a fulfilment is brought to.
    private enum Place: Int {
        case placed, released, picking, picked, packed, shipped
    }

    /// How it reaches the customer.
    private enum Way: String {
        case ship, pickup, sentToStore, supplier

        var location: String {
            switch self {
            case .ship, .sentToStore: "W"
            case .pickup: "S"
            case .supplier: "P"
            }
        }
    }

    private static let code = "ABCDEFGH"

    init(tag: String, channel: String) throws {
        self.tag = tag
        self.channel = channel
        try prepareShop()
        try release()
        try lateCancellations()
        try pickAndSend()
        try collect()
        try suppliers()
    }

    private func location(_ way: Way) -> String { "\(tag)-part-\(way.location)" }
    private var sku: String { "\(tag)-part-A" }

    private mutating func prepareShop() throws {
        let ids = (0..<3).map { _ in EntityID.fresh }
        preparation += [
            try Mutation(
                "CatalogService/UpsertProducts", id: ids[0],
                Holdfast_V1_UpsertProductsRequest.with {
                    $0.requestID = ids[0].description
                    $0.products = [
                        .with {
                            $0.sku = sku
                            $0.tracked = true
                        }
                    ]
                }),
            try Mutation(
                "CatalogService/UpsertLocations", id: ids[1],
                Holdfast_V1_UpsertLocationsRequest.with {
                    $0.requestID = ids[1].description
                    $0.locations = [
                        (Way.ship, Holdfast_V1_Location.Kind.warehouse), (.pickup, .store), (.supplier, .supplier),
                    ]
                    .map { way, kind in
                        .with {
                            $0.code = location(way)
                            $0.kind = kind
                        }
                    }
                }),
            try Mutation(
                "InventoryService/ReceiveStock", id: ids[2],
                Holdfast_V1_ReceiveStockRequest.with {
                    $0.movementID = ids[2].description
                    $0.lines = [Way.ship, .pickup, .supplier].map { way in
                        .with {
                            $0.sku = sku
                            $0.location = location(way)
                            $0.quantity = 100
                        }
                    }
                }),
        ]
    }

    /// Places an order and brings its fulfilment to a place; returns the order's and the fulfilment's id.
    private mutating func part(_ way: Way, _ place: Place) throws -> (order: EntityID, id: EntityID) {
        let order = EntityID.fresh
        preparation.append(
            try Mutation(
                "OrderService/PlaceOrder", id: order,
                Holdfast_V1_PlaceOrderRequest.with {
                    $0.orderID = order.description
                    $0.channel = channel
                    $0.externalID = order.description
                    if way == .pickup || way == .sentToStore {
                        $0.delivery = .with {
                            $0.method = .pickup
                            $0.pickupLocation = location(.pickup)
                        }
                    }
                    $0.lines = [
                        .with {
                            $0.sku = sku
                            $0.location = location(way)
                            $0.quantity = 2
                            $0.unitPrice = .with {
                                $0.currencyCode = "GBP"
                                $0.units = 2
                            }
                        }
                    ]
                }))
        let release = EntityID.fresh
        let id = release.named("fulfilment 1")
        guard place.rawValue >= Place.released.rawValue else { return (order, id) }
        preparation.append(
            try Mutation("FulfilmentService/ReleaseOrder", id: release, Self.release(release, order)))
        if place.rawValue >= Place.picking.rawValue { try prepare("StartPicking", startPicking, id) }
        if place.rawValue >= Place.picked.rawValue { try prepare("ConfirmPick", confirmPick, id) }
        if place.rawValue >= Place.packed.rawValue { try prepare("PackFulfilment", pack, id) }
        if place.rawValue >= Place.shipped.rawValue { try prepare("ShipFulfilment", Self.ship, id) }
        return (order, id)
    }

    private mutating func prepare(
        _ method: String, _ request: (EntityID, EntityID) -> some Message, _ fulfilment: EntityID
    ) throws {
        let id = EntityID.fresh
        preparation.append(try Mutation("FulfilmentService/" + method, id: id, request(id, fulfilment)))
    }

    /// Adds the call of a method, and one that must not pass for it.
    private mutating func add<Request: Message>(
        _ method: String, _ request: (EntityID, EntityID) -> Request, _ fulfilment: EntityID, hasSecret: Bool = false,
        differs field: String, where change: (inout Request) -> Void
    ) throws {
        let id = EntityID.fresh
        mutations.append(
            try Mutation(
                "FulfilmentService/" + method, id: id, request(id, fulfilment), hasSecret: hasSecret, differs: field,
                where: change))
    }

    private mutating func release() throws {
        let (order, _) = try part(.ship, .placed)
        let id = EntityID.fresh
        mutations.append(
            try Mutation(
                "FulfilmentService/ReleaseOrder", id: id, Self.release(id, order), differs: "lines[0]"
            ) {
                $0.lines = [
                    .with {
                        $0.lineNumber = 1
                        $0.quantity = 1
                    }
                ]
            })
        let (_, free) = try part(.ship, .released)
        let wave = EntityID.fresh
        mutations.append(
            try Mutation(
                "FulfilmentService/CreateWave", id: wave,
                Holdfast_V1_CreateWaveRequest.with {
                    $0.waveID = wave.description
                    $0.location = location(.ship)
                    $0.fulfilmentIds = [free.description]
                }, differs: "size"
            ) { $0.size = 3 })
        try add(
            "DeclineFulfilment",
            { id, one in
                Holdfast_V1_DeclineFulfilmentRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, part(.ship, .released).id, differs: "reason"
        ) { $0.reason = "closed" }
    }

    private mutating func lateCancellations() throws {
        func ask(_ id: EntityID, _ order: EntityID) -> Holdfast_V1_RequestCancellationRequest {
            .with {
                $0.requestID = id.description
                $0.orderID = order.description
            }
        }
        let asked = try part(.ship, .released)
        let id = EntityID.fresh
        mutations.append(
            try Mutation(
                "LateCancellationService/RequestCancellation", id: id, ask(id, asked.order), differs: "reason"
            ) { $0.reason = "not needed" })
        var wishes: [EntityID] = []
        for _ in 0..<2 {
            let one = try part(.ship, .released)
            let request = EntityID.fresh
            preparation.append(
                try Mutation("LateCancellationService/RequestCancellation", id: request, ask(request, one.order)))
            wishes.append(request.named("cancel \(one.id)"))
        }
        let response = EntityID.fresh
        mutations.append(
            try Mutation(
                "LateCancellationService/RespondCancellation", id: response,
                Holdfast_V1_RespondCancellationRequest.with {
                    $0.responseID = response.description
                    $0.cancellationID = wishes[0].description
                }, differs: "answer"
            ) { $0.answer = "on the lorry" })
        let withdrawal = EntityID.fresh
        mutations.append(
            try Mutation(
                "LateCancellationService/WithdrawCancellation", id: withdrawal,
                Holdfast_V1_WithdrawCancellationRequest.with {
                    $0.withdrawalID = withdrawal.description
                    $0.cancellationID = wishes[1].description
                }, differs: "cancellation_id"
            ) { $0.cancellationID = EntityID.fresh.description })
    }

    private mutating func pickAndSend() throws {
        try add("StartPicking", startPicking, part(.ship, .released).id, differs: "fulfilment_id") {
            $0.fulfilmentID = EntityID.fresh.description
        }
        try add("ConfirmPick", confirmPick, part(.ship, .picking).id, differs: "scans[0].quantity") {
            $0.scans[0].quantity = 1
        }
        try add("PackFulfilment", pack, part(.ship, .picked).id, differs: "packages[0].weight_grams") {
            $0.packages[0].weightGrams = 1
        }
        try add("ShipFulfilment", Self.ship, part(.ship, .packed).id, differs: "carrier") { $0.carrier = "OWN" }
        try add(
            "ConfirmDelivery",
            { id, one in
                Holdfast_V1_ConfirmDeliveryRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, part(.ship, .shipped).id, differs: "note"
        ) { $0.note = "porch" }
        try add(
            "ReportLost",
            { id, one in
                Holdfast_V1_ReportLostRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, part(.ship, .shipped).id, differs: "reason"
        ) { $0.reason = "stolen" }
        try add(
            "ReceiveUndelivered",
            { id, one in
                Holdfast_V1_ReceiveUndeliveredRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                    $0.disposition = .scrap
                }
            }, part(.ship, .shipped).id, differs: "disposition"
        ) { $0.disposition = .restock }
    }

    private mutating func collect() throws {
        func makeReady(_ id: EntityID, _ one: EntityID) -> Holdfast_V1_MakeReadyRequest {
            .with {
                $0.requestID = id.description
                $0.fulfilmentID = one.description
            }
        }
        try add(
            "SendToStore",
            { id, one in
                Holdfast_V1_SendToStoreRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, part(.sentToStore, .picked).id, differs: "tracking_number"
        ) { $0.trackingNumber = "T" }
        try add("MakeReady", makeReady, part(.pickup, .picked).id, hasSecret: true, differs: "keep") {
            $0.keep = .init(seconds: 7_200)
        }
        var ready: [EntityID] = []
        for _ in 0..<4 {
            let id = try part(.pickup, .picked).id
            try prepare("MakeReady", makeReady, id)
            ready.append(id)
        }
        try add(
            "RemindPickup",
            { id, one in
                Holdfast_V1_RemindPickupRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, ready[0], differs: "fulfilment_id"
        ) { $0.fulfilmentID = EntityID.fresh.description }
        try add(
            "ExtendPickup",
            { id, one in
                Holdfast_V1_ExtendPickupRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, ready[1], differs: "new_code"
        ) { $0.newCode = true }
        try add(
            "CollectPickup",
            { id, one in
                Holdfast_V1_CollectPickupRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                    $0.code = Self.code
                }
            }, ready[2], differs: "code"
        ) { $0.code = "22222222" }
        try add(
            "RestockPickup",
            { id, one in
                Holdfast_V1_RestockPickupRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, ready[3], differs: "fulfilment_id"
        ) { $0.fulfilmentID = EntityID.fresh.description }
        statements = [
            """
            UPDATE fulfilment SET code_salt = '', code_hash = sha256('\(Self.code)'::bytea) WHERE id = '\(ready[2])'
            """,
            "UPDATE fulfilment SET state = \(PickupState.expired.rawValue) WHERE id = '\(ready[3])'",
        ]
    }

    private mutating func suppliers() throws {
        try add(
            "AcknowledgeSupplierOrder",
            { id, one in
                Holdfast_V1_AcknowledgeSupplierOrderRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                }
            }, part(.supplier, .released).id, differs: "reference"
        ) { $0.reference = "S-1" }
        try add(
            "RejectSupplierOrder",
            { id, one in
                Holdfast_V1_RejectSupplierOrderRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                    $0.shortRule = .cancel
                }
            }, part(.supplier, .released).id, differs: "short_rule"
        ) { $0.shortRule = .backorder }
        try add(
            "NotifyShipment",
            { id, one in
                Holdfast_V1_NotifyShipmentRequest.with {
                    $0.requestID = id.description
                    $0.fulfilmentID = one.description
                    $0.cost = .with {
                        $0.currencyCode = "EUR"
                        $0.amountMinor = 5
                    }
                }
            }, part(.supplier, .released).id, differs: "cost.amount_minor"
        ) { $0.cost.amountMinor = 6 }
    }

    // MARK: - Messages

    private static func release(_ id: EntityID, _ order: EntityID) -> Holdfast_V1_ReleaseOrderRequest {
        .with {
            $0.releaseID = id.description
            $0.orderID = order.description
        }
    }

    private func startPicking(_ id: EntityID, _ one: EntityID) -> Holdfast_V1_StartPickingRequest {
        .with {
            $0.requestID = id.description
            $0.fulfilmentID = one.description
        }
    }

    private func confirmPick(_ id: EntityID, _ one: EntityID) -> Holdfast_V1_ConfirmPickRequest {
        .with {
            $0.requestID = id.description
            $0.fulfilmentID = one.description
            $0.scans = [
                .with {
                    $0.code = sku
                    $0.quantity = 2
                }
            ]
        }
    }

    private func pack(_ id: EntityID, _ one: EntityID) -> Holdfast_V1_PackFulfilmentRequest {
        .with {
            $0.requestID = id.description
            $0.fulfilmentID = one.description
            $0.packages = [.with { $0.weightGrams = 500 }]
        }
    }

    private static func ship(_ id: EntityID, _ one: EntityID) -> Holdfast_V1_ShipFulfilmentRequest {
        .with {
            $0.requestID = id.description
            $0.fulfilmentID = one.description
        }
    }
}
