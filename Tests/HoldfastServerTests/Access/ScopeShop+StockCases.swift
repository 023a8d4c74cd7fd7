import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

extension ScopeShop {
    /// Cases of the catalogue, of events, of stock and what can be promised of it.
    func stockCases() throws -> [String: ScopeCase] {
        func line(_ location: String) -> Holdfast_V1_StockLine {
            .with {
                $0.sku = "A"
                $0.location = location
                $0.quantity = 1
            }
        }
        return [
            "holdfast.v1.CatalogService/UpsertLocations": try stock { code in
                try bytes(
                    Holdfast_V1_UpsertLocationsRequest.with {
                        $0.requestID = EntityID.fresh.description
                        $0.locations = [.with { $0.code = code }]
                    })
            },
            "holdfast.v1.CatalogService/UpsertChannels": (
                try bytes(channels("web")), [try bytes(channels("shop")), try bytes(channels("nowhere"))]
            ),
            "holdfast.v1.EventService/Subscribe": (
                [],
                try ["shop", "nowhere"].map { channel in
                    try bytes(
                        Holdfast_V1_SubscribeRequest.with {
                            $0.start = .oldest
                            $0.channels = [channel]
                        })
                }
            ),
            "holdfast.v1.CatalogService/ListLocations": ([], []),
            "holdfast.v1.CatalogService/ListChannels": ([], []),
            "holdfast.v1.InventoryService/ReceiveStock": try stock { place in
                try bytes(
                    Holdfast_V1_ReceiveStockRequest.with {
                        $0.movementID = EntityID.fresh.description
                        $0.lines = [line("L1"), line(place)]
                    })
            },
            "holdfast.v1.InventoryService/AdjustStock": try stock { place in
                try bytes(
                    Holdfast_V1_AdjustStockRequest.with {
                        $0.movementID = EntityID.fresh.description
                        $0.reason = "found"
                        $0.lines = [
                            .with {
                                $0.sku = "A"
                                $0.location = place
                                $0.delta = 1
                            }
                        ]
                    })
            },
            "holdfast.v1.InventoryService/CountStock": try stock { place in
                try bytes(
                    Holdfast_V1_CountStockRequest.with {
                        $0.movementID = EntityID.fresh.description
                        $0.lines = [
                            .with {
                                $0.sku = "A"
                                $0.location = place
                                $0.counted = 100
                            }
                        ]
                    })
            },
            "holdfast.v1.InventoryService/TransferStock": (
                // Both ends must be inside, and one location is: a transfer inside cannot be, but to itself.
                try bytes(transfer("L1", "L1")),
                try [("L1", "L2"), ("L2", "L1"), ("L1", "NOPE"), ("NOPE", "L1")].map { try bytes(transfer($0, $1)) }
            ),
            "holdfast.v1.InventoryService/SetStockPolicy": try stock { place in
                try bytes(
                    Holdfast_V1_SetStockPolicyRequest.with {
                        $0.movementID = EntityID.fresh.description
                        $0.lines = [
                            .with {
                                $0.sku = "A"
                                $0.location = place
                            }
                        ]
                    })
            },
            "holdfast.v1.InventoryService/GetStock": try stock { place in
                try bytes(Holdfast_V1_GetStockRequest.with { $0.location = place })
            },
            "holdfast.v1.InventoryService/ListMovements": try stock { place in
                try bytes(Holdfast_V1_ListMovementsRequest.with { $0.location = place })
            },
            "holdfast.v1.AvailabilityService/CheckAvailability": try stock { try check($0) },
            "holdfast.v1.AvailabilityService/ExplainAvailability": try stock { place in
                try bytes(
                    Holdfast_V1_ExplainAvailabilityRequest.with {
                        $0.sku = "A"
                        $0.location = place
                    })
            },
        ]
    }

    private func channels(_ code: String) -> Holdfast_V1_UpsertChannelsRequest {
        .with {
            $0.requestID = EntityID.fresh.description
            $0.channels = [
                .with {
                    $0.code = code
                    $0.currencyCode = "GBP"
                }
            ]
        }
    }

    private func transfer(_ from: String, _ to: String) -> Holdfast_V1_TransferStockRequest {
        .with {
            $0.movementID = EntityID.fresh.description
            $0.fromLocation = from
            $0.toLocation = to
            $0.lines = [
                .with {
                    $0.sku = "A"
                    $0.quantity = 1
                }
            ]
        }
    }

    func check(_ place: String) throws -> [UInt8] {
        try Holdfast_V1_CheckAvailabilityRequest.with {
            $0.items = [
                .with {
                    $0.sku = "A"
                    $0.location = place
                }
            ]
            $0.consistency = .fresh
        }.serializedBytes()
    }
}
