import Carriers
import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import PostgresClient
import Sourcing
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import OrderProcessing

@Suite("Fulfilments that are sent")
struct ShipmentTests {
    @Test("From release to the door: every step with its units, stock, events and answer")
    func wholeWay() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("A", "DC", 3), ("POST", "", 1), ("B", "DC", 2)], country: "GB")
            let release = Holdfast_V1_ReleaseOrderRequest.with {
                $0.releaseID = EntityID.fresh.description
                $0.orderID = order.description
            }
            let released = try await shop.bench.fulfilment.releaseOrder(request: release, context: shop.context)
            #expect(try await shop.bench.fulfilment.releaseOrder(request: release, context: shop.context) == released)
            let one = try #require(released.fulfilments.first)
            #expect(released.fulfilments.count == 1)
            #expect((one.kind, one.state, one.location, one.number) == (.ship, "released", "DC", 1))
            #expect(one.lines.map(\.lineNumber) == [1, 3, 2])
            #expect(one.lines.map(\.open) == [3, 2, 1])
            #expect(one.lines.map(\.barcode) == ["5012345678900", "5012345678917", ""])
            #expect(released.orderStatus == .open)
            #expect(try await shop.units(order) == "released 3")
            #expect(try await shop.get(one.fulfilmentID).lines.map(\.lineNumber) == [1, 2, 3])

            let list = try await shop.bench.fulfilment.getPickList(
                request: .with { $0.location = "DC" }, context: shop.context)
            #expect(list.lines.map(\.sku) == ["A", "B"])
            #expect(list.lines.map(\.quantity) == [3, 2])
            #expect(list.lines.flatMap(\.parts).allSatisfy { $0.fulfilmentID == one.fulfilmentID })

            try await shop.start(one.fulfilmentID)
            let pick = EntityID.fresh
            let scans: [(String, Int64)] = [("5012345678900", 2), ("B", 2), ("A", 1)]
            let picked = try await shop.pick(one.fulfilmentID, scans, request: pick)
            #expect(picked.step.fulfilment.state == "picked")
            #expect(picked.short == 0)
            #expect(try await shop.pick(one.fulfilmentID, scans, request: pick) == picked)
            #expect(try await shop.units(order, line: 2) == "picked 1")

            let packed = try await shop.pack(one.fulfilmentID, [[(1, 2), (2, 1)], [(1, 1), (3, 2)]])
            #expect(packed.step.fulfilment.packages.map(\.number) == [1, 2])
            #expect(try await shop.stock("A", "DC") == [10, 3])

            let quotes = try await shop.bench.fulfilment.quoteShipment(
                request: .with { $0.fulfilmentID = one.fulfilmentID }, context: shop.context)
            #expect(quotes.quotes.map(\.carrier) == ["OWN"])
            let ship = EntityID.fresh
            let shipped = try await shop.ship(one.fulfilmentID, request: ship)
            #expect(try await shop.ship(one.fulfilmentID, request: ship) == shipped)
            #expect(shipped.step.orderStatus == .shipped)
            let sent = shipped.step.fulfilment
            #expect((sent.state, sent.carrier, sent.service) == ("shipped", "OWN", "STANDARD"))
            #expect(sent.hasShippedAt && sent.expectedAt.seconds == sent.shippedAt.seconds + 86_400)
            #expect(Set(sent.packages.map(\.trackingNumber)).count == 2)
            #expect(try await shop.get(one.fulfilmentID).packages == sent.packages)
            #expect(try await shop.stock("A", "DC") == [7, 0])
            #expect(try await shop.units(order) == "shipped 3")
            for package in sent.packages {
                let label = try await shop.bench.fulfilment.getLabel(
                    request: .with {
                        $0.fulfilmentID = one.fulfilmentID
                        $0.packageNumber = package.number
                    }, context: shop.context)
                #expect(label.trackingNumber == package.trackingNumber)
                let text = String(label.document.map { Character(Unicode.Scalar($0)) })
                #expect(text.hasPrefix("%PDF-1.4"))
                for words in ["Ann Example", "1 Long Road", "LS1 1AA  GB", "Place DC", package.trackingNumber] {
                    #expect(text.contains("(\(words)) Tj"), "\(words)")
                }
            }
            let earned = try await shop.bench.deployment.numbers(
                "SELECT earned FROM order_line_money WHERE order_id = $1::uuid ORDER BY line_number",
                [.uuid(PostgresUUID(high: order.high, low: order.low))])
            #expect(earned == [300, 100, 200])

            let delivered = try await shop.bench.fulfilment.confirmDelivery(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = one.fulfilmentID
                    $0.note = "porch"
                }, context: shop.context)
            #expect(delivered.step.orderStatus == .delivered)
            #expect(delivered.step.fulfilment.hasDeliveredAt)
            #expect(
                try await shop.history(order) == [
                    "released", "picking_started", "picked", "packed", "shipped", "delivered",
                ])
            try await shop.expectExactBooks()
        }
    }

    @Test("An order of two locations leaves in two parts, each by itself")
    func partialShipments() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("A", "DC", 10), ("A", "LDN-1", 2)])
            let parts = try await shop.release(order)
            #expect(parts.map(\.location) == ["DC", "LDN-1"])
            #expect(parts.map(\.number) == [1, 2])
            #expect(parts.map { $0.lines[0].open } == [10, 2])
            for (part, quantity) in zip(parts, [Int64(10), 2]) {
                try await shop.start(part.fulfilmentID)
                try await shop.pick(part.fulfilmentID, [("A", quantity)])
                try await shop.pack(part.fulfilmentID)
            }
            let first = try await shop.ship(parts[1].fulfilmentID, carrier: "PARCELS", tracking: ["PX1"])
            #expect(first.step.orderStatus == .partiallyShipped)
            #expect(try await shop.units(order) == "packed 10")
            #expect(try await shop.units(order, line: 2) == "shipped 2")
            #expect(try await shop.stock("A", "LDN-1") == [3, 0])
            #expect(try await shop.stock("A", "DC") == [10, 10])
            #expect(try await shop.ship(parts[0].fulfilmentID).step.orderStatus == .shipped)
            try await shop.expectExactBooks()
        }
    }

    @Test("Lines are released in part, later releases number on, and no more than waits is released")
    func releases() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("A", "DC", 3), ("POST", "", 1)])
            #expect(try await shop.release(order, [(1, 2)]).map(\.number) == [1])
            #expect(try await shop.units(order) == "allocated 1, released 2")
            let more = try await status { try await shop.release(order, [(1, 2)]) }
            #expect(more.code == .failedPrecondition)
            #expect(more.message.contains("2 units were asked to be released, 1 are set aside and free"))
            let alone = try await status { try await shop.release(order, [(2, 1)]) }
            #expect(alone.message.contains("go with the first fulfilment"))
            let missing = try await status { try await shop.release(order, [(3, 1)]) }
            #expect(missing.code == .notFound)
            let rest = try #require(try await shop.release(order).first)
            #expect(rest.number == 2)
            #expect(rest.lines.map(\.sku) == ["A", "POST"])
            let nothing = try await status { try await shop.release(order) }
            #expect(nothing.code == .failedPrecondition)
            #expect(nothing.message.contains("no unit of it is set aside"))
            let unknown = try await status { try await shop.release(.fresh) }
            #expect(unknown.code == .notFound)
            try await shop.expectExactBooks()
        }
    }

    @Test("What is held is not released")
    func held() async throws {
        try await Shop.with { shop in
            let order = try await shop.place([("A", "DC", 1)])
            try await shop.bench.deployment.run(
                """
                INSERT INTO order_hold (order_id, number, reason, detail, cause_id)
                VALUES ('\(order)', 1, 'fraud_suspected', '', '\(EntityID.fresh)')
                """)
            let refusal = try await status { try await shop.release(order) }
            #expect(refusal.code == .failedPrecondition)
            #expect(try Details(refusal).info?.metadata["state"] == "held")
            #expect(refusal.message.contains("fraud"))
            #expect(try await shop.units(order) == "allocated 1")
        }
    }

    @Test("A step that the table does not know is refused with the state and what is allowed, and changes nothing")
    func wrongSteps() async throws {
        try await Shop.with { shop in
            let one = try await shop.released([("A", "DC", 2)])
            let id = one.fulfilmentID
            for refusal in [
                try await status { try await shop.pick(id, [("A", 2)]) },
                try await status { try await shop.pack(id) },
                try await status { try await shop.ship(id) },
                try await status {
                    try await shop.bench.fulfilment.confirmDelivery(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.fulfilmentID = id
                        }, context: shop.context)
                },
                try await status {
                    try await shop.bench.fulfilment.makeReady(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.fulfilmentID = id
                        }, context: shop.context)
                },
            ] {
                #expect(refusal.code == .failedPrecondition)
                let info = try #require(try Details(refusal).info)
                #expect(info.metadata["state"] == "released")
                #expect(info.metadata["allowed"] == "start_picking, cancel, decline")
            }
            #expect(try await shop.get(id) == one.settled)
            let label = try await status {
                try await shop.bench.fulfilment.getLabel(request: .with { $0.fulfilmentID = id }, context: shop.context)
            }
            #expect(label.code == .failedPrecondition)
            let quote = try await status {
                try await shop.bench.fulfilment.quoteShipment(
                    request: .with { $0.fulfilmentID = id }, context: shop.context)
            }
            #expect(quote.code == .failedPrecondition)
            let unknown = try await status { try await shop.ship(EntityID.fresh.description) }
            #expect(unknown.code == .notFound)
        }
    }

    @Test("Packages have every unit that was picked, in exactly one place")
    func packing() async throws {
        try await Shop.with { shop in
            let one = try await shop.released([("A", "DC", 3), ("B", "DC", 1), ("POST", "", 1)])
            try await shop.start(one.fulfilmentID)
            try await shop.pick(one.fulfilmentID, [("A", 3), ("B", 1)])
            for packages: [[(Int32, Int64)]] in [
                [[(1, 2)], [(2, 1)]], [[(1, 2)], [(1, 2), (2, 1)]], [[(1, 3), (2, 1), (3, 2)]],
                [[(1, 3), (2, 1), (4, 1)]],
            ] {
                let refusal = try await status { try await shop.pack(one.fulfilmentID, packages) }
                #expect(refusal.code == .invalidArgument, "\(packages)")
                #expect(try Details(refusal).badRequest?.violations.map(\.field) == ["packages"], "\(packages)")
            }
            // What has no stock need not be named.
            let packed = try await shop.pack(one.fulfilmentID, [[(1, 1)], [(1, 2), (2, 1)]])
            #expect(packed.step.fulfilment.state == "packed")
        }
    }

    @Test(
        "A carrier that is not known, has no rate or no such service leaves the fulfilment packed; a price can be asked"
    )
    func carriers() async throws {
        let file = """
            {"carriers": [{"carrier": "ROYAL", "currency": "GBP", "services": [
                {"code": "48", "zones": [{"name": "home", "countries": ["GB"], "transitDays": 2,
                    "bands": [{"upToGrams": 1000, "price": 345}]}]},
                {"code": "24", "zones": [{"name": "home", "countries": ["GB"], "transitDays": 1,
                    "bands": [{"upToGrams": 1000, "price": 600}]}]}]}]}
            """
        try await Shop.with(carriers: CarrierDirectory(try RateTable.read(file))) { shop in
            let abroad = try await shop.packed([("A", "DC", 1)], country: "FR")
            let noRate = try await status { try await shop.ship(abroad.fulfilmentID) }
            #expect(noRate.code == .failedPrecondition)
            #expect(try Details(noRate).info?.reason == "CARRIER_STATE")
            #expect(noRate.message.contains("no rate for a parcel of 500 g to FR"))
            let unknown = try await status { try await shop.ship(abroad.fulfilmentID, carrier: "NONE") }
            #expect(unknown.code == .invalidArgument)
            #expect(unknown.message.contains("ROYAL"))
            #expect(try await shop.get(abroad.fulfilmentID).state == "packed")

            let home = try await shop.packed([("A", "DC", 1)], country: "GB")
            let service = try await status { try await shop.ship(home.fulfilmentID, service: "12") }
            #expect(service.message.contains("48, 24"))
            let quotes = try await shop.bench.fulfilment.quoteShipment(
                request: .with { $0.fulfilmentID = home.fulfilmentID }, context: shop.context)
            #expect(quotes.quotes.map(\.service) == ["48", "24"])
            #expect(quotes.quotes.map(\.price.amountMinor) == [345, 600])
            let shipped = try await shop.ship(home.fulfilmentID, service: "24")
            #expect(shipped.step.fulfilment.cost.amountMinor == 600)
            #expect(shipped.step.fulfilment.packages[0].trackingNumber.hasPrefix("RO"))
            // Labels that were wanted for what could not be, of the fulfilment that has left with another one.
            #expect(try await shop.bench.processing.voidLooseLabels() == 1)
            let services = try await shop.bench.deployment.numbers(
                "SELECT asked_service::int8 FROM carrier_label WHERE state = 4")
            #expect(services == [12])
            #expect(try await shop.bench.processing.voidLooseLabels() == 0)
        }
    }

    @Test("Of two clerks who ship and give up at once one wins, and the other is told the state")
    func race() async throws {
        try await Shop.with { shop in
            for _ in 0..<5 {
                let one = try await shop.packed([("A", "DC", 1)])
                async let shipping = outcome { try await shop.ship(one.fulfilmentID).step.fulfilment.state }
                async let declining = outcome { try await shop.decline(one.fulfilmentID).step.fulfilment.state }
                let outcomes = try await [shipping, declining]
                let winners = outcomes.compactMap { try? $0.get() }
                #expect(winners.count == 1)
                for case .failure(let error) in outcomes {
                    let info = try Details(error).info
                    #expect(error.code == .failedPrecondition)
                    #expect(info?.metadata["state"] == winners.first)
                }
                #expect(try await shop.get(one.fulfilmentID).state == winners.first)
            }
            _ = try await shop.bench.processing.voidLooseLabels()
            try await shop.expectExactBooks()
        }
    }

    private func outcome(_ call: () async throws -> String) async throws -> Result<String, RPCError> {
        do { return .success(try await call()) } catch let error as RPCError { return .failure(error) }
    }

    @Test("What a location gives up stays set aside there, and can be released again")
    func decline() async throws {
        try await Shop.with { shop in
            let one = try await shop.packed([("A", "DC", 2), ("POST", "", 1)])
            let order = try #require(EntityID(one.orderID))
            let declined = try await shop.decline(one.fulfilmentID)
            #expect(declined.step.fulfilment.state == "declined")
            #expect(declined.step.fulfilment.lines.allSatisfy { $0.open == 0 })
            #expect(try await shop.units(order) == "allocated 2")
            #expect(try await shop.units(order, line: 2) == "allocated 1")
            #expect(try await shop.stock("A", "DC") == [10, 2])
            #expect(try await shop.release(order).map(\.number) == [2])
            try await shop.expectExactBooks()
        }
    }

    @Test("What a carrier loses is cancelled, its price is due back, and the stock is gone")
    func lost() async throws {
        try await Shop.with { shop in
            let one = try await shop.packed([("A", "DC", 2)])
            let order = try #require(EntityID(one.orderID))
            try await shop.ship(one.fulfilmentID)
            let lost = try await shop.bench.fulfilment.reportLost(
                request: .with {
                    $0.requestID = EntityID.fresh.description
                    $0.fulfilmentID = one.fulfilmentID
                    $0.reason = "stolen"
                }, context: shop.context)
            #expect(lost.step.fulfilment.state == "lost")
            #expect(try await shop.units(order) == "cancelled 2")
            #expect(try await shop.stock("A", "DC") == [8, 0])
            let due = try await shop.bench.deployment.numbers(
                "SELECT refund_due FROM order_line_money WHERE order_id = $1::uuid",
                [.uuid(PostgresUUID(high: order.high, low: order.low))])
            #expect(due == [200])
            try await shop.expectExactBooks()
        }
    }

    @Test("An order of 1,000 lines goes the whole way, and 1,000 barcodes are told apart")
    func thousandLines() async throws {
        try await Shop.with { shop in
            let skus = (0..<1_000).map { "L\($0)" }
            _ = try await shop.bench.catalog.upsertProducts(
                request: .with { request in
                    request.requestID = EntityID.fresh.description
                    request.products = skus.map { sku in
                        .with {
                            $0.sku = sku
                            $0.barcode = "9\(sku.dropFirst())"
                            $0.tracked = true
                        }
                    }
                }, context: shop.context)
            try await shop.receive(skus.map { ($0, "DC", 3) })
            let order = try await shop.place(skus.map { ($0, "DC", 2) })
            let one = try #require(try await shop.release(order).first)
            #expect(one.lines.count == 1_000)
            try await shop.start(one.fulfilmentID)
            try await shop.pick(one.fulfilmentID, skus.map { ("9\($0.dropFirst())", 2) })
            try await shop.pack(one.fulfilmentID)
            #expect(try await shop.ship(one.fulfilmentID).step.orderStatus == .shipped)
            try await shop.expectExactBooks()
        }
    }

    @Test("A wave takes the oldest that nobody has begun, once; named ones must be free")
    func waves() async throws {
        try await Shop.with { shop in
            var ids: [String] = []
            for _ in 0..<4 { ids.append(try await shop.released([("A", "DC", 1)]).fulfilmentID) }
            try await shop.start(ids[0])
            func wave(_ id: EntityID, _ named: [String] = [], size: Int32 = 0) async throws -> [String] {
                try await shop.bench.fulfilment.createWave(
                    request: .with {
                        $0.waveID = id.description
                        $0.location = "DC"
                        $0.fulfilmentIds = named
                        $0.size = size
                    }, context: shop.context
                ).fulfilmentIds
            }
            let first = EntityID.fresh
            #expect(try await wave(first, size: 2) == [ids[1], ids[2]])
            #expect(try await wave(first, size: 2) == [ids[1], ids[2]])
            let list = try await shop.bench.fulfilment.getPickList(
                request: .with {
                    $0.location = "DC"
                    $0.waveID = first.description
                }, context: shop.context)
            #expect(list.lines.map(\.quantity) == [2])
            #expect(list.lines[0].parts.map(\.fulfilmentID) == [ids[1], ids[2]])
            let taken = try await status { try await wave(.fresh, [ids[3], ids[1]]) }
            #expect(taken.code == .failedPrecondition)
            #expect(taken.message.contains(ids[1]))
            #expect(try await wave(.fresh, [ids[3]]) == [ids[3]])
            #expect(try await wave(.fresh) == [])
            let of = try await shop.bench.fulfilment.listFulfilments(
                request: .with { $0.waveID = first.description }, context: shop.context)
            #expect(of.fulfilments.map(\.fulfilmentID) == [ids[1], ids[2]])
        }
    }

    @Test("Lists are filtered and paged, and staff see their locations only")
    func lists() async throws {
        try await Shop.with { shop in
            let here = try await shop.released([("A", "DC", 1)])
            let there = try await shop.released([("A", "LDN-1", 1)])
            try await shop.start(there.fulfilmentID)
            func list(
                _ change: (inout Holdfast_V1_ListFulfilmentsRequest) -> Void
            ) async throws -> Holdfast_V1_ListFulfilmentsResponse {
                try await shop.bench.fulfilment.listFulfilments(request: .with(change), context: shop.context)
            }
            let both = [here.fulfilmentID, there.fulfilmentID]
            #expect(try await list { _ in }.fulfilments.map(\.fulfilmentID) == both)
            let page = try await list { $0.pageSize = 1 }
            #expect(page.fulfilments.map(\.fulfilmentID) == [both[0]])
            let next = try await list {
                $0.pageSize = 1
                $0.pageToken = page.nextPageToken
            }
            #expect(next.fulfilments.map(\.fulfilmentID) == [both[1]])
            #expect(next.nextPageToken.isEmpty)
            #expect(
                try await list {
                    $0.kind = .ship
                    $0.state = "picking"
                }.fulfilments.map(\.fulfilmentID) == [both[1]])
            #expect(try await list { $0.kind = .dropShip }.fulfilments.isEmpty)
            let clerk = Caller(
                id: "key:x", name: "", roles: [.warehouse], scope: Scope(channels: nil, locations: ["LDN-1"]))
            try await CallerContext.$current.withValue(clerk) {
                #expect(try await list { _ in }.fulfilments.map(\.fulfilmentID) == [both[1]])
                for refusal in [
                    try await status { try await list { $0.location = "DC" } },
                    try await status { try await shop.get(both[0]) },
                    try await status { try await shop.start(both[0]) },
                    try await status { try await shop.get(EntityID.fresh.description) },
                    try await status {
                        try await shop.bench.fulfilment.getPickList(
                            request: .with { $0.location = "DC" }, context: shop.context)
                    },
                ] {
                    #expect(refusal.code == .permissionDenied)
                }
                #expect(try await shop.get(both[1]).state == "picking")
            }
        }
    }
}

extension Holdfast_V1_Fulfilment {
    /// As it is read: lines by number.
    var settled: Holdfast_V1_Fulfilment {
        var copy = self
        copy.lines.sort { $0.lineNumber < $1.lineNumber }
        return copy
    }
}
