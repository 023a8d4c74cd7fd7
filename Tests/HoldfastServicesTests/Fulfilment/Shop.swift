import Carriers
import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import SwiftProtobuf
import Testing

@testable import HoldfastServices

/// A shop whose orders are fulfilled: articles A, B (with barcodes) and POST (without stock), locations DC, LDN-1 (a store) and
/// SUP (a supplier), 10, 5 and 20 units of A, 10 of B in DC.
struct Shop {
    let bench: ServiceBench
    let context: ServerContext

    static func with(
        carriers: CarrierDirectory = CarrierDirectory([RateTableCarrier.own]),
        _ body: @Sendable (Shop) async throws -> Void
    ) async throws {
        try await ServiceBench.with(carriers: carriers) { bench, context in
            let shop = Shop(bench: bench, context: context)
            try await shop.open()
            try await body(shop)
        }
    }

    private func open() async throws {
        func product(_ sku: String, _ barcode: String, tracked: Bool = true) -> Holdfast_V1_Product {
            .with {
                $0.sku = sku
                $0.name = "Article \(sku)"
                $0.barcode = barcode
                $0.tracked = tracked
            }
        }
        func location(_ code: String, _ kind: Holdfast_V1_Location.Kind, _ rank: Int32) -> Holdfast_V1_Location {
            .with {
                $0.code = code
                $0.name = "Place \(code)"
                $0.kind = kind
                $0.rank = rank
            }
        }
        _ = try await bench.catalog.upsertProducts(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.products = [
                    product("A", "5012345678900"), product("B", "5012345678917"), product("POST", "", tracked: false),
                ]
            }, context: context)
        _ = try await bench.catalog.upsertLocations(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.locations = [
                    location("DC", .warehouse, 0), location("LDN-1", .store, 1), location("SUP", .supplier, 9),
                ]
            }, context: context)
        try await receive([("A", "DC", 10), ("A", "LDN-1", 5), ("A", "SUP", 20), ("B", "DC", 10)])
    }

    func receive(_ lines: [(sku: String, location: String, quantity: Int64)]) async throws {
        _ = try await bench.inventory.receiveStock(
            request: .with {
                $0.movementID = EntityID.fresh.description
                $0.lines = lines.map { line in
                    .with {
                        $0.sku = line.sku
                        $0.location = line.location
                        $0.quantity = line.quantity
                    }
                }
            }, context: context)
    }

    /// Places an order of lines at 1 GBP a unit.
    func place(
        _ lines: [(sku: String, location: String, quantity: Int64)], number: String = EntityID.fresh.description,
        email: String = "", pickupAt: String = "", country: String = "", split: Bool = false
    ) async throws -> EntityID {
        let id = EntityID.fresh
        _ = try await bench.orders.placeOrder(
            request: .with {
                $0.orderID = id.description
                $0.channel = "web"
                $0.externalID = number
                $0.customer.email = email
                $0.customer.name = "Ann Example"
                if !pickupAt.isEmpty {
                    $0.delivery = .with {
                        $0.method = .pickup
                        $0.pickupLocation = pickupAt
                    }
                } else if !country.isEmpty {
                    $0.delivery = .with {
                        $0.method = .ship
                        $0.shipTo.name = "Ann Example"
                        $0.shipTo.lines = ["1 Long Road"]
                        $0.shipTo.city = "Leeds"
                        $0.shipTo.postcode = "LS1 1AA"
                        $0.shipTo.country = country
                    }
                }
                $0.lines = lines.map { line in
                    .with {
                        $0.sku = line.sku
                        $0.location = line.location
                        $0.quantity = line.quantity
                        $0.allowSplit = split
                        $0.unitPrice = .with {
                            $0.currencyCode = "GBP"
                            $0.units = 1
                        }
                    }
                }
            }, context: context)
        return id
    }

    @discardableResult
    func release(_ order: EntityID, _ lines: [(Int32, Int64)] = []) async throws -> [Holdfast_V1_Fulfilment] {
        try await bench.fulfilment.releaseOrder(
            request: .with {
                $0.releaseID = EntityID.fresh.description
                $0.orderID = order.description
                $0.lines = lines.map { line in
                    .with {
                        $0.lineNumber = line.0
                        $0.quantity = line.1
                    }
                }
            }, context: context
        ).fulfilments
    }

    /// Places and releases an order that one location serves.
    func released(
        _ lines: [(sku: String, location: String, quantity: Int64)], pickupAt: String = "", country: String = ""
    ) async throws -> Holdfast_V1_Fulfilment {
        let order = try await place(lines, pickupAt: pickupAt, country: country)
        return try #require(try await release(order).first)
    }

    func start(_ id: String) async throws {
        _ = try await bench.fulfilment.startPicking(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
            }, context: context)
    }

    @discardableResult
    func pick(
        _ id: String, _ scans: [(String, Int64)], short: Holdfast_V1_ShortRule = .unspecified, corrects: Bool = false,
        request: EntityID = .fresh
    ) async throws -> Holdfast_V1_ConfirmPickResponse {
        try await bench.fulfilment.confirmPick(
            request: .with {
                $0.requestID = request.description
                $0.fulfilmentID = id
                $0.scans = scans.map { scan in
                    .with {
                        $0.code = scan.0
                        $0.quantity = scan.1
                    }
                }
                $0.shortRule = short
                $0.correctCount = corrects
            }, context: context)
    }

    @discardableResult
    func pack(
        _ id: String, _ packages: [[(Int32, Int64)]] = [[]], grams: Int64 = 500
    ) async throws -> Holdfast_V1_PackFulfilmentResponse {
        try await bench.fulfilment.packFulfilment(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
                $0.packages = packages.map { contents in
                    .with {
                        $0.weightGrams = grams
                        $0.contents = contents.map { content in
                            .with {
                                $0.lineNumber = content.0
                                $0.quantity = content.1
                            }
                        }
                    }
                }
            }, context: context)
    }

    @discardableResult
    func ship(
        _ id: String, carrier: String = "", service: String = "", tracking: [String] = [], request: EntityID = .fresh
    ) async throws -> Holdfast_V1_ShipFulfilmentResponse {
        try await bench.fulfilment.shipFulfilment(
            request: .with {
                $0.requestID = request.description
                $0.fulfilmentID = id
                $0.carrier = carrier
                $0.service = service
                $0.trackingNumbers = tracking
            }, context: context)
    }

    @discardableResult
    func decline(_ id: String) async throws -> Holdfast_V1_DeclineFulfilmentResponse {
        try await bench.fulfilment.declineFulfilment(
            request: .with {
                $0.requestID = EntityID.fresh.description
                $0.fulfilmentID = id
                $0.reason = "closed"
            }, context: context)
    }

    /// A fulfilment that is packed.
    func packed(
        _ lines: [(sku: String, location: String, quantity: Int64)], country: String = ""
    ) async throws -> Holdfast_V1_Fulfilment {
        let fulfilment = try await released(lines, country: country)
        try await start(fulfilment.fulfilmentID)
        try await pick(fulfilment.fulfilmentID, lines.filter { $0.sku != "POST" }.map { ($0.sku, $0.quantity) })
        return try await pack(fulfilment.fulfilmentID).step.fulfilment
    }

    func get(_ id: String) async throws -> Holdfast_V1_Fulfilment {
        try await bench.fulfilment.getFulfilment(request: .with { $0.fulfilmentID = id }, context: context).fulfilment
    }

    func fulfilments(of order: EntityID) async throws -> [Holdfast_V1_Fulfilment] {
        try await bench.fulfilment.listFulfilments(
            request: .with { $0.orderID = order.description }, context: context
        ).fulfilments.sorted { $0.number < $1.number }
    }

    func order(_ id: EntityID) async throws -> Holdfast_V1_Order {
        try await bench.orders.getOrder(request: .with { $0.orderID = id.description }, context: context).order
    }

    /// Units of a line by status, such as "released 2, shipped 1".
    func units(_ id: EntityID, line: Int = 1) async throws -> String {
        try await order(id).lines[line - 1].quantities.map { "\($0.status) \($0.quantity)" }.sorted()
            .joined(separator: ", ")
    }

    /// On hand and allocated units of an article at a location.
    func stock(_ sku: String, _ location: String) async throws -> [Int64] {
        let levels = try await bench.inventory.getStock(
            request: .with {
                $0.sku = sku
                $0.location = location
            }, context: context
        ).levels
        return levels.flatMap { [$0.onHand, $0.allocated] }
    }

    /// The topics of an order's events after its capture.
    func history(_ order: EntityID) async throws -> [String] {
        Array(try await self.order(order).events.dropFirst().map(\.type))
    }

    /// Both stores' books, and that what fulfilments have is what the allocations say.
    func expectExactBooks(_ location: SourceLocation = #_sourceLocation) async throws {
        #expect(try await bench.deployment.booksAgree(), sourceLocation: location)
        let books = try await bench.deployment.ledger.books()
        #expect(books.foldMismatches == 0, sourceLocation: location)
        #expect(books.allocationMismatches == 0, sourceLocation: location)
        #expect(books.lineMismatches == 0, sourceLocation: location)
        #expect(books.eventGaps == 0, sourceLocation: location)
        #expect(books.oversold == 0, sourceLocation: location)
    }
}
