import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("The catalogue service")
struct CatalogServiceTests {
    @Test("Products are created, found, listed page by page and changed")
    func products() async throws {
        try await ServiceBench.with { bench, context in
            var request = CatalogRequestsTests.products
            let made = try await bench.catalog.upsertProducts(request: request, context: context)
            #expect((made.created, made.updated, made.unchanged) == (2, 0, 0))
            #expect(try await bench.catalog.upsertProducts(request: request, context: context) == made)
            let found = try await bench.catalog.getProduct(request: .with { $0.sku = "85123A" }, context: context)
            #expect(found.product == request.products[0])

            var page = try await bench.catalog.listProducts(request: .with { $0.pageSize = 1 }, context: context)
            #expect(page.products.map(\.sku) == ["85123A"])
            let token = page.nextPageToken
            page = try await bench.catalog.listProducts(request: .with { $0.pageToken = token }, context: context)
            #expect(page.products.map(\.sku) == ["POST"])
            #expect(page.nextPageToken == "")

            request.products[0].name = "Red hanging heart"
            let reused = try await status {
                try await bench.catalog.upsertProducts(request: request, context: context)
            }
            #expect(reused.code == .alreadyExists)
            #expect(try Details(reused).info?.metadata["field"] == "products[0].name")
            request.requestID = testID(2).description
            let changed = try await bench.catalog.upsertProducts(request: request, context: context)
            #expect((changed.created, changed.updated, changed.unchanged) == (0, 1, 1))
        }
    }

    @Test("A product that there is not is not found")
    func missing() async throws {
        try await ServiceBench.with { bench, context in
            let error = try await status {
                try await bench.catalog.getProduct(request: .with { $0.sku = "X" }, context: context)
            }
            #expect(error.code == .notFound)
            #expect(try Details(error).info?.reason == "PRODUCT_NOT_FOUND")
        }
    }

    @Test("Locations and channels are created and listed")
    func places() async throws {
        try await ServiceBench.with { bench, context in
            let locations = CatalogRequestsTests.locations
            _ = try await bench.catalog.upsertLocations(request: locations, context: context)
            let listed = try await bench.catalog.listLocations(request: .init(), context: context)
            #expect(listed.locations.map(\.code) == ["DC", "LDN-1"])
            #expect(listed.locations[0].kind == .warehouse)
            #expect(listed.locations[1] == locations.locations[0])

            _ = try await bench.catalog.upsertChannels(
                request: .with {
                    $0.requestID = testID(5).description
                    $0.channels = CatalogRequestsTests.channels.channels
                }, context: context)
            let channels = try await bench.catalog.listChannels(request: .with { $0.pageSize = 1 }, context: context)
            #expect(channels.channels.map(\.code) == ["till"])
            let token = channels.nextPageToken
            let rest = try await bench.catalog.listChannels(request: .with { $0.pageToken = token }, context: context)
            #expect(rest.channels.map(\.code) == ["web"])
            #expect(rest.channels.map(\.currencyCode) == ["GBP"])
        }
    }

    @Test("An id that made products cannot make channels, even where the bytes are the same")
    func sameBytes() async throws {
        try await ServiceBench.with { bench, context in
            let products = Holdfast_V1_UpsertProductsRequest.with {
                $0.requestID = testID(1).description
                $0.products = [
                    .with {
                        $0.sku = "till"
                        $0.name = "Till"
                        $0.barcode = "GBP"
                    }
                ]
            }
            let channels = Holdfast_V1_UpsertChannelsRequest.with {
                $0.requestID = testID(1).description
                $0.channels = [
                    .with {
                        $0.code = "till"
                        $0.name = "Till"
                        $0.currencyCode = "GBP"
                    }
                ]
            }
            let one: [UInt8] = try products.serializedBytes()
            let two: [UInt8] = try channels.serializedBytes()
            #expect(one == two)
            _ = try await bench.catalog.upsertProducts(request: products, context: context)
            let error = try await status {
                try await bench.catalog.upsertChannels(request: channels, context: context)
            }
            #expect(error.code == .alreadyExists)
            #expect(try Details(error).info?.metadata["method"] == "UpsertProducts")
        }
    }

    @Test("The server is ready once admission is open, and says so for each service")
    func health() async throws {
        try await ServiceBench.with { bench, context in
            for name in ["", "holdfast.v1.OrderService", "grpc.health.v1.Health"] {
                let reply = try await bench.health.check(request: .with { $0.service = name }, context: context)
                #expect(reply.status == .serving)
            }
            let error = try await status {
                try await bench.health.check(request: .with { $0.service = "holdfast.v1.Nothing" }, context: context)
            }
            #expect(error.code == .notFound)
            let waiting = HealthService(serving: ServingState { false }, names: [])
            #expect(try await waiting.check(request: .init(), context: context).status == .notServing)
        }
    }
}
