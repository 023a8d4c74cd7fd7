import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Requests about the catalogue")
struct CatalogRequestsTests {
    static let products = Holdfast_V1_UpsertProductsRequest.with {
        $0.requestID = testID(1).description
        $0.products = [
            .with {
                $0.sku = "85123A"
                $0.name = "White hanging heart"
                $0.barcode = "5012345678900"
                $0.tracked = true
            },
            .with { $0.sku = "POST" },
        ]
    }

    @Test(
        "Every field of a product is checked",
        arguments: [
            RequestCase<Holdfast_V1_UpsertProductsRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("no products", ["products"]) { $0.products = [] },
            .init("too many products", ["products"]) { $0.products = Array(repeating: $0.products[0], count: 1_001) },
            .init("an empty sku", ["products[1].sku"]) { $0.products[1].sku = "" },
            .init("a long sku", ["products[0].sku"]) { $0.products[0].sku = String(repeating: "x", count: 65) },
            .init("a sku twice", ["products[1].sku"]) { $0.products[1].sku = "85123A" },
            .init("skus that differ in case only") { $0.products[1].sku = "85123a" },
            .init("the longest name") { $0.products[0].name = String(repeating: "x", count: 256) },
            .init("a long name", ["products[0].name"]) { $0.products[0].name = String(repeating: "x", count: 257) },
            .init("a line break in the name", ["products[0].name"]) { $0.products[0].name = "a\r\nb" },
            .init("a long barcode", ["products[0].barcode"]) {
                $0.products[0].barcode = String(repeating: "1", count: 65)
            },
            .init("everything wrong", ["request_id", "products[0].sku", "products[0].name", "products[1].sku"]) {
                $0.requestID = "x"
                $0.products[0].sku = " "
                $0.products[0].name = "\u{1}"
                $0.products[1].sku = ""
            },
        ])
    func products(row: RequestCase<Holdfast_V1_UpsertProductsRequest>) throws {
        #expect(try refusedFields { try CatalogRequests.products(row.applied(to: Self.products)) } == row.refused)
    }

    @Test("A product is taken over with all its fields")
    func product() throws {
        let (id, products) = try CatalogRequests.products(Self.products)
        #expect(id == testID(1))
        #expect(
            products == [
                Product(sku: "85123A", name: "White hanging heart", barcode: "5012345678900", tracked: true),
                Product(sku: "POST", name: "", barcode: "", tracked: false),
            ])
    }

    static let locations = Holdfast_V1_UpsertLocationsRequest.with {
        $0.requestID = testID(1).description
        $0.locations = [
            .with {
                $0.code = "LDN-1"
                $0.kind = .store
                $0.rank = 10
                $0.timeZone = "Europe/London"
            },
            .with { $0.code = "DC" },
        ]
    }

    @Test(
        "Every field of a location is checked",
        arguments: [
            RequestCase<Holdfast_V1_UpsertLocationsRequest>("as it is") { _ in },
            .init("a wrong id", ["request_id"]) { $0.requestID = "1" },
            .init("none", ["locations"]) { $0.locations = [] },
            .init("too many", ["locations"]) { $0.locations = Array(repeating: $0.locations[0], count: 1_001) },
            .init("no code", ["locations[0].code"]) { $0.locations[0].code = "" },
            .init("a code twice", ["locations[1].code"]) { $0.locations[1].code = "LDN-1" },
            .init("a long name", ["locations[1].name"]) { $0.locations[1].name = String(repeating: "x", count: 257) },
            .init("an unknown kind", ["locations[0].kind"]) { $0.locations[0].kind = .UNRECOGNIZED(9) },
            .init("a negative rank", ["locations[0].rank"]) { $0.locations[0].rank = -1 },
            .init("the highest rank") { $0.locations[0].rank = 1_000_000 },
            .init("a higher rank", ["locations[0].rank"]) { $0.locations[0].rank = 1_000_001 },
            .init("a zone that is none", ["locations[0].time_zone"]) { $0.locations[0].timeZone = "Europe London" },
            .init("a zone with an offset in its name") { $0.locations[0].timeZone = "Etc/GMT+1" },
            .init("a long zone", ["locations[0].time_zone"]) {
                $0.locations[0].timeZone = String(repeating: "x", count: 65)
            },
        ])
    func locations(row: RequestCase<Holdfast_V1_UpsertLocationsRequest>) throws {
        #expect(
            try refusedFields { try CatalogRequests.locations(row.applied(to: Self.locations), by: .anonymous) }
                == row.refused)
    }

    @Test("A location without a kind is a warehouse")
    func locationKinds() throws {
        #expect(try CatalogRequests.locations(Self.locations, by: .anonymous).1.map(\.kind) == [.store, .warehouse])
    }

    static let channels = Holdfast_V1_UpsertChannelsRequest.with {
        $0.requestID = testID(1).description
        $0.channels = [
            .with {
                $0.code = "web"
                $0.currencyCode = "GBP"
            },
            .with {
                $0.code = "till"
                $0.currencyCode = "JPY"
            },
        ]
    }

    @Test(
        "Every field of a channel is checked",
        arguments: [
            RequestCase<Holdfast_V1_UpsertChannelsRequest>("as it is") { _ in },
            .init("no id", ["request_id"]) { $0.requestID = "" },
            .init("none", ["channels"]) { $0.channels = [] },
            .init("no code", ["channels[0].code"]) { $0.channels[0].code = "" },
            .init("a code twice", ["channels[1].code"]) { $0.channels[1].code = "web" },
            .init("a long name", ["channels[0].name"]) { $0.channels[0].name = String(repeating: "x", count: 257) },
            .init("no currency", ["channels[1].currency_code"]) { $0.channels[1].currencyCode = "" },
            .init("an unknown currency", ["channels[1].currency_code"]) { $0.channels[1].currencyCode = "XYZ" },
            .init("a currency in small letters", ["channels[1].currency_code"]) { $0.channels[1].currencyCode = "gbp" },
        ])
    func channels(row: RequestCase<Holdfast_V1_UpsertChannelsRequest>) throws {
        #expect(
            try refusedFields { try CatalogRequests.channels(row.applied(to: Self.channels), by: .anonymous) }
                == row.refused)
    }
}
