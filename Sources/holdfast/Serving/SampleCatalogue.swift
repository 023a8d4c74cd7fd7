import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// A small shop to try things with: what `holdfast dev` loads where there is no product yet.
enum SampleCatalogue {
    private static let products: [(sku: String, name: String, barcode: String, tracked: Bool)] = [
        ("MUG-WHITE", "White mug", "5012345000017", true), ("MUG-BLUE", "Blue mug", "5012345000024", true),
        ("TEA-TOWEL", "Tea towel, striped", "5012345000031", true), ("APRON", "Apron, linen", "5012345000048", true),
        ("TEAPOT", "Teapot, one litre", "5012345000055", true), ("POSTAGE", "Postage", "", false),
    ]
    private static let stock: [(sku: String, location: String, quantity: Int64)] = [
        ("MUG-WHITE", "WAREHOUSE", 240), ("MUG-WHITE", "HIGH-STREET", 24), ("MUG-BLUE", "WAREHOUSE", 120),
        ("TEA-TOWEL", "WAREHOUSE", 60), ("TEA-TOWEL", "HIGH-STREET", 12), ("APRON", "HIGH-STREET", 5),
        ("TEAPOT", "WAREHOUSE", 8),
    ]

    /// Loads the shop into a server that has no product.
    ///
    /// The ids are fixed, so servers that start together load it once.
    static func load(into address: HoldfastEndpoint) async throws {
        try await withHoldfastClient(HoldfastClientConfiguration(endpoints: [address])) { client in
            let catalogue = client.catalog
            var options = CallOptions.defaults
            options.timeout = .seconds(30)
            let first = try await catalogue.listProducts(.with { $0.pageSize = 1 }, options: options)
            guard first.products.isEmpty else { return }
            _ = try await catalogue.upsertLocations(locations, options: options)
            _ = try await catalogue.upsertChannels(channels, options: options)
            _ = try await catalogue.upsertProducts(productRequest, options: options)
            let inventory = client.inventory
            _ = try await inventory.receiveStock(receipt, options: options)
        }
    }

    private static let locations = Holdfast_V1_UpsertLocationsRequest.with {
        $0.requestID = "5a3b1e00-0000-8000-8000-000000000001"
        $0.locations = [
            .with {
                $0.code = "WAREHOUSE"
                $0.name = "Warehouse, Dover"
                $0.kind = .warehouse
                $0.rank = 10
                $0.timeZone = "Europe/London"
            },
            .with {
                $0.code = "HIGH-STREET"
                $0.name = "Shop, High Street"
                $0.kind = .store
                $0.rank = 20
                $0.timeZone = "Europe/London"
            },
        ]
    }

    private static let channels = Holdfast_V1_UpsertChannelsRequest.with {
        $0.requestID = "5a3b1e00-0000-8000-8000-000000000002"
        $0.channels = [("WEB", "Web shop"), ("TILLS", "Tills of the shops")].map { code, name in
            .with {
                $0.code = code
                $0.name = name
                $0.currencyCode = "GBP"
            }
        }
    }

    private static let productRequest = Holdfast_V1_UpsertProductsRequest.with {
        $0.requestID = "5a3b1e00-0000-8000-8000-000000000003"
        $0.products = products.map { product in
            .with {
                $0.sku = product.sku
                $0.name = product.name
                $0.barcode = product.barcode
                $0.tracked = product.tracked
            }
        }
    }

    private static let receipt = Holdfast_V1_ReceiveStockRequest.with {
        $0.movementID = "5a3b1e00-0000-8000-8000-000000000004"
        $0.reference = "opening stock"
        $0.lines = stock.map { line in
            .with {
                $0.sku = line.sku
                $0.location = line.location
                $0.quantity = line.quantity
            }
        }
    }
}
