import Domain
import HoldfastAPI
import Ledger
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Page tokens")
struct PageTokenTests {
    @Test("Keys survive the round trip")
    func keys() throws {
        for key in [Int64.min, -1, 0, 1, .max] { #expect(Int64(pageKey: key.pageKey) == key) }
        for key in ["A", "日本", String(repeating: "\u{10FFFF}", count: 16)] {
            #expect(String(pageKey: key.pageKey) == key)
        }
        let level = StockLevelKey(sku: "A B", location: "DC")
        #expect(StockLevelKey(pageKey: level.pageKey) == level)
        let order = OrderKey(placedAt: Instant(microseconds: 1_700_000_000_000_001), id: testID(7))
        #expect(OrderKey(pageKey: order.pageKey) == order)
    }

    @Test(
        "Bytes that are no key are refused",
        arguments: [[], [0xFF], [0x41, 0, 0x42, 0, 0x43], [1, 2, 3]] as [[UInt8]])
    func brokenKeys(bytes: [UInt8]) {
        #expect(Int64(pageKey: bytes) == nil)
        #expect(OrderKey(pageKey: bytes) == nil)
        #expect(StockLevelKey(pageKey: bytes) == nil)
    }

    @Test("A text that PostgreSQL would refuse is no key")
    func brokenTexts() {
        #expect(String(pageKey: [0x41, 0]) == nil)
        #expect(String(pageKey: [0xC0, 0x80]) == nil)
    }

    private func next(_ request: Holdfast_V1_ListProductsRequest, after sku: String) throws -> String {
        let product = Product(sku: sku, name: "", barcode: "", tracked: true)
        return try ListRequests.products(request).next(Page(elements: [product], hasMore: true), \.sku)
    }

    @Test("A page goes on after its last entry, whatever its size")
    func goingOn() throws {
        var request = Holdfast_V1_ListProductsRequest.with { $0.prefix = "85" }
        request.pageToken = try next(request, after: "85123A")
        request.pageSize = 7
        let page = try ListRequests.products(request)
        #expect(page.after == "85123A")
        #expect(page.limit == 7)
    }

    @Test("The last page has no token")
    func lastPage() throws {
        let page = try ListRequests.products(.init())
        let product = Product(sku: "A", name: "", barcode: "", tracked: true)
        #expect(page.next(Page(elements: [product], hasMore: false), \.sku) == "")
        #expect(page.next(Page<Product>(elements: [], hasMore: false), \.sku) == "")
    }

    @Test("A token of a list with other filters is refused")
    func otherFilter() throws {
        var request = Holdfast_V1_ListProductsRequest.with { $0.prefix = "85" }
        request.pageToken = try next(request, after: "85123A")
        request.prefix = "84"
        #expect(try refusedFields { try ListRequests.products(request) } == ["page_token"])
    }

    @Test("A token of another method is refused")
    func otherMethod() throws {
        let token = try next(.init(), after: "85123A")
        #expect(try refusedFields { try ListRequests.locations(.with { $0.pageToken = token }) } == ["page_token"])
        #expect(try refusedFields { try ListRequests.channels(.with { $0.pageToken = token }) } == ["page_token"])
        #expect(
            try refusedFields { try ListRequests.stock(.with { $0.pageToken = token }, by: .anonymous) } == [
                "page_token"
            ])
        #expect(
            try refusedFields { try ListRequests.orders(.with { $0.pageToken = token }, by: .anonymous) } == [
                "page_token"
            ])
        #expect(
            try refusedFields { try ListRequests.movements(.with { $0.pageToken = token }, by: .anonymous) } == [
                "page_token"
            ])
    }

    @Test(
        "A token that was changed, cut or made up is refused", arguments: ["x", "AQ", "not a token", "AgAAAAAAAAAAQQ"])
    func madeUp(token: String) throws {
        #expect(try refusedFields { try ListRequests.products(.with { $0.pageToken = token }) } == ["page_token"])
    }

    @Test("A token beyond any that is given is not even decoded")
    func longToken() throws {
        let token = String(repeating: "A", count: PageToken.bound + 4)
        #expect(PageToken(token) == nil)
        #expect(try refusedFields { try ListRequests.products(.with { $0.pageToken = token }) } == ["page_token"])
    }

    @Test("The longest key fits a token")
    func longestKey() throws {
        let sku = String(repeating: "x", count: 64)
        let key = StockLevelKey(sku: sku, location: sku)
        #expect(PageToken(PageToken(list: .max, key: key.pageKey).text)?.key == key.pageKey)
    }

    @Test("Filters of lists are checked")
    func filters() throws {
        let orders = try refusedFields {
            try ListRequests.orders(
                .with {
                    $0.channel = " "
                    $0.customerID = String(repeating: "x", count: 65)
                    $0.status = .UNRECOGNIZED(99)
                    $0.placedFrom = .init(seconds: 10)
                    $0.placedBefore = .init(seconds: 10)
                    $0.pageSize = -1
                }, by: .anonymous)
        }
        #expect(orders == ["channel", "customer_id", "status", "placed_before", "page_size"])
        let movements = try refusedFields {
            try ListRequests.movements(
                .with {
                    $0.sku = " "
                    $0.location = " "
                    $0.causeID = "x"
                    $0.pageSize = 1_001
                }, by: .anonymous)
        }
        #expect(movements == ["sku", "location", "cause_id", "page_size"])
        let prefix = try refusedFields { try ListRequests.products(.with { $0.prefix = "a\u{0}" }) }
        #expect(prefix == ["prefix"])
    }

    @Test("An order filter is taken over")
    func orderFilter() throws {
        let (page, filter) = try ListRequests.orders(
            .with {
                $0.channel = "web"
                $0.customerID = "17850"
                $0.status = .partiallyDelivered
                $0.placedFrom = .init(seconds: 10)
                $0.placedBefore = .init(seconds: 11)
            }, by: .anonymous)
        #expect(page.limit == 100)
        #expect(page.after == nil)
        #expect(
            filter
                == OrderFilter(
                    channel: "web", customer: "17850", status: .partiallyDelivered,
                    placedFrom: Instant(microseconds: 10_000_000), placedBefore: Instant(microseconds: 11_000_000)))
    }
}
