import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

extension MutationShop {
    func catalogue() throws -> [Mutation] {
        let ids = (0..<3).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "CatalogService/UpsertProducts", id: ids[0], products(ids[0], ["new", "newer"]),
                differs: "products[1].name"
            ) { $0.products[1].name = "another" },
            try Mutation(
                "CatalogService/UpsertLocations", id: ids[1],
                Holdfast_V1_UpsertLocationsRequest.with {
                    $0.requestID = ids[1].description
                    $0.locations = [location(tag + "-N")]
                }, differs: "locations[0].rank"
            ) { $0.locations[0].rank = 9 },
            try Mutation(
                "CatalogService/UpsertChannels", id: ids[2],
                Holdfast_V1_UpsertChannelsRequest.with {
                    $0.requestID = ids[2].description
                    $0.channels = [channel(tag + "-till")]
                }, differs: "channels[0].name"
            ) { $0.channels[0].name = "another" },
        ]
    }

    /// Where they take, they take all that there is: a second one would find nothing.
    func stock() throws -> [Mutation] {
        let ids = (0..<5).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "InventoryService/ReceiveStock", id: ids[0],
                Holdfast_V1_ReceiveStockRequest.with {
                    $0.movementID = ids[0].description
                    $0.reference = "DN-1"
                    $0.lines = [line("receive", 5)]
                }, differs: "lines[0].quantity"
            ) { $0.lines[0].quantity = 6 },
            try Mutation(
                "InventoryService/AdjustStock", id: ids[1],
                Holdfast_V1_AdjustStockRequest.with { request in
                    request.movementID = ids[1].description
                    request.reason = "damaged"
                    request.lines = [
                        .with {
                            $0.sku = sku("adjust")
                            $0.location = warehouse
                            $0.delta = -100
                        }
                    ]
                }, differs: "reason"
            ) { $0.reason = "stolen" },
            try Mutation(
                "InventoryService/CountStock", id: ids[2],
                Holdfast_V1_CountStockRequest.with { request in
                    request.movementID = ids[2].description
                    request.lines = [
                        .with {
                            $0.sku = sku("count")
                            $0.location = warehouse
                            $0.counted = 90
                        }
                    ]
                }, differs: "lines[0].counted"
            ) { $0.lines[0].counted = 91 },
            try Mutation(
                "InventoryService/TransferStock", id: ids[3],
                Holdfast_V1_TransferStockRequest.with { request in
                    request.movementID = ids[3].description
                    request.fromLocation = warehouse
                    request.toLocation = store
                    request.lines = [
                        .with {
                            $0.sku = sku("transfer")
                            $0.quantity = 100
                        }
                    ]
                }, differs: "lines[0].quantity"
            ) { $0.lines[0].quantity = 8 },
            try Mutation(
                "InventoryService/SetStockPolicy", id: ids[4],
                Holdfast_V1_SetStockPolicyRequest.with { request in
                    request.movementID = ids[4].description
                    request.lines = [
                        .with {
                            $0.sku = sku("policy")
                            $0.location = warehouse
                            $0.safetyStock = 4
                        }
                    ]
                }, differs: "lines[0].safety_stock"
            ) { $0.lines[0].safetyStock = 5 },
        ]
    }
}
