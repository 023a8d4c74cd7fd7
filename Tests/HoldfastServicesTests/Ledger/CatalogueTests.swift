import Domain
import HoldfastTesting
import Ledger
import PostgresClient
import Testing

@Suite("The catalogue in the ledger")
struct CatalogueTests {
    private func product(_ sku: String, name: String = "", tracked: Bool = true) -> Product {
        Product(sku: sku, name: name, barcode: "", tracked: tracked)
    }

    /// A reply that tells its count.
    private static func reply(_ count: UpsertCount) -> [UInt8] {
        [UInt8(count.created), UInt8(count.updated), UInt8(count.unchanged)]
    }

    @Test("An upsert creates, changes and leaves alone, and counts each")
    func counts() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.ledger
            let first = try await ledger.upsertProducts(
                .fresh, [product("A"), product("B"), product("C")], body: [1], caller: .anonymous,
                encodeReply: Self.reply)
            #expect(first == [3, 0, 0])
            let second = try await ledger.upsertProducts(
                .fresh, [product("D"), product("B", name: "Heart"), product("A")], body: [2], caller: .anonymous,
                encodeReply: Self.reply)
            #expect(second == [1, 1, 1])
            #expect(try await ledger.product(sku: "B")?.name == "Heart")
            #expect(try await ledger.product(sku: "b") == nil)

            let places = ["DC", "LDN"].map {
                Location(code: $0, name: "", kind: .store, rank: 1, timeZone: "Europe/London")
            }
            #expect(
                try await ledger.upsertLocations(.fresh, places, body: [3], caller: .anonymous, encodeReply: Self.reply)
                    == [2, 0, 0])
            var moved = places
            moved[0].rank = 7
            moved[1].kind = .supplier
            #expect(
                try await ledger.upsertLocations(.fresh, moved, body: [4], caller: .anonymous, encodeReply: Self.reply)
                    == [0, 2, 0])
            #expect(try await ledger.locations(after: nil, limit: 10).elements == moved)

            let yen = try #require(Currency(code: "JPY"))
            var web = Channel(code: TestDeployment.channel, name: "Shop", currency: yen)
            #expect(
                try await ledger.upsertChannels(.fresh, [web], body: [5], caller: .anonymous, encodeReply: Self.reply)
                    == [0, 1, 0])
            #expect(
                try await ledger.upsertChannels(.fresh, [web], body: [6], caller: .anonymous, encodeReply: Self.reply)
                    == [0, 0, 1])
            web.review = .off
            #expect(try await ledger.channels(after: nil, limit: 10).elements == [web])
        }
    }

    @Test("Only what changed is marked for those who follow the catalogue")
    func changes() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.ledger
            func marks() async throws -> [Int64] {
                try await deployment.numbers("SELECT changed_xid::text::int8 FROM product ORDER BY sku")
            }
            let products = [product("A"), product("B")]
            _ = try await ledger.upsertProducts(
                .fresh, products, body: [1], caller: .anonymous, encodeReply: Self.reply)
            let created = try await marks()
            _ = try await ledger.upsertProducts(
                .fresh, products, body: [2], caller: .anonymous, encodeReply: Self.reply)
            #expect(try await marks() == created)
            _ = try await ledger.upsertProducts(
                .fresh, [product("A"), product("B", name: "x")], body: [3], caller: .anonymous, encodeReply: Self.reply)
            let changed = try await marks()
            #expect(changed[0] == created[0])
            #expect(changed[1] > created[1])
        }
    }

    @Test("A product's vshard is that of its sku in this deployment")
    func vshards() async throws {
        try await TestDeployment.with { deployment in
            let skus = (0..<200).map { "SKU-\($0)" }
            _ = try await deployment.ledger.upsertProducts(
                .fresh, skus.map { product($0) }, body: [1], caller: .anonymous, encodeReply: Self.reply)
            let count = try await deployment.ledger.vshardCount()
            let stored = try await deployment.ledger.directoryChanges(since: 0).products
            #expect(Set(stored.map(\.sku)) == Set(skus))
            for entry in stored { #expect(entry.vshard == VShard(sku: entry.sku, count: count)) }
        }
    }

    @Test("The same request again gives the same reply and changes nothing")
    func repetition() async throws {
        try await TestDeployment.with { deployment in
            let id = EntityID.fresh
            let products = [product("A", name: "old")]
            let first = try await deployment.ledger.upsertProducts(
                id, products, body: [1, 2], caller: .anonymous, encodeReply: Self.reply)
            _ = try await deployment.ledger.upsertProducts(
                .fresh, [product("A", name: "new")], body: [3], caller: .anonymous, encodeReply: Self.reply)
            let again = try await deployment.ledger.upsertProducts(id, products, body: [1, 2], caller: .anonymous) {
                _ in [9]
            }
            #expect(again == first)
            #expect(try await deployment.ledger.product(sku: "A")?.name == "new")
        }
    }

    @Test("The same id with another body is refused with the stored one, also by another method")
    func reusedID() async throws {
        try await TestDeployment.with { deployment in
            let id = EntityID.fresh
            _ = try await deployment.ledger.upsertProducts(
                id, [product("A")], body: [1, 2], caller: .anonymous, encodeReply: Self.reply)
            let refusal = Refusal.differentBody(.catalogChange, id, stored: [1, 2])
            await #expect(throws: refusal) {
                try await deployment.ledger.upsertProducts(
                    id, [product("B")], body: [1, 3], caller: .anonymous, encodeReply: Self.reply)
            }
            await #expect(throws: refusal) {
                let place = Location(code: "DC", name: "", kind: .store, rank: 0, timeZone: "")
                return try await deployment.ledger.upsertLocations(
                    id, [place], body: [2], caller: .anonymous, encodeReply: Self.reply)
            }
            #expect(try await deployment.ledger.product(sku: "B") == nil)
            #expect(try await deployment.ledger.locations(after: nil, limit: 10).elements.isEmpty)
        }
    }

    @Test("Twenty copies of a request at once take effect once")
    func duplicates() async throws {
        try await TestDeployment.with { deployment in
            let id = EntityID.fresh
            let replies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await deployment.ledger.upsertProducts(
                            id, [self.product("A"), self.product("B")], body: [1], caller: .anonymous,
                            encodeReply: Self.reply)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies == Array(repeating: [2, 0, 0], count: 20))
        }
    }

    @Test("Overlapping sets in opposite orders wait for each other, never in a ring")
    func overlap() async throws {
        try await TestDeployment.with { deployment in
            let skus = (0..<100).map { "SKU-\($0)" }
            let created = try await withThrowingTaskGroup(of: Int.self) { group in
                for round in 0..<12 {
                    let order = round.isMultiple(of: 2) ? skus : skus.reversed()
                    group.addTask {
                        let products = order.map { self.product($0, name: "round \(round)") }
                        return Int(
                            try await deployment.ledger.upsertProducts(
                                .fresh, products, body: [UInt8(round)], caller: .anonymous
                            ) {
                                count in
                                [UInt8(count.created)]
                            }[0])
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(created == 100)
            #expect(try await deployment.numbers("SELECT count(DISTINCT name) FROM product") == [1])
        }
    }

    @Test("A reply that cannot be made takes the whole upsert back")
    func failedReply() async throws {
        try await TestDeployment.with { deployment in
            let id = EntityID.fresh
            await #expect(throws: TestFailure.self) {
                try await deployment.ledger.upsertProducts(id, [product("A")], body: [1], caller: .anonymous) { _ in
                    throw TestFailure("no reply")
                }
            }
            let found = try await deployment.ledger.product(sku: "A")
            #expect(found == nil)
            let reply = try await deployment.ledger.upsertProducts(
                id, [product("A")], body: [2], caller: .anonymous, encodeReply: Self.reply)
            #expect(reply == [1, 0, 0])
        }
    }

    @Test("Whether a product is tracked can change until it has stock")
    func trackedWithStock() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.ledger
            try await deployment.catalogue(skus: ["A", "B"], locations: ["DC"])
            let turned = [product("A", tracked: false), product("B", tracked: false)]
            try await deployment.change(.receive, [("B", "DC", 1)])
            await #expect(throws: Refusal.self) {
                try await ledger.upsertProducts(.fresh, turned, body: [1], caller: .anonymous, encodeReply: Self.reply)
            }
            #expect(try await ledger.product(sku: "A")?.tracked == true)
            do {
                _ = try await ledger.upsertProducts(
                    .fresh, turned, body: [1], caller: .anonymous, encodeReply: Self.reply)
                Issue.record("a product with stock became untracked")
            } catch Refusal.wrongState(let subject, let name, let state, _) {
                #expect(subject == .product)
                #expect(name == "B")
                #expect(state == "tracked")
            }
            try await deployment.change(.count, [("B", "DC", 0)])
            #expect(
                try await ledger.upsertProducts(.fresh, turned, body: [2], caller: .anonymous, encodeReply: Self.reply)
                    == [0, 2, 0])
        }
    }

    @Test("Whether a product is tracked cannot change once it was ordered")
    func trackedWithOrders() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: [], untracked: ["POST"], locations: ["DC"])
            _ = try await deployment.place(try deployment.order([("POST", "", 1)]))
            do {
                _ = try await deployment.ledger.upsertProducts(
                    .fresh, [product("POST", tracked: true)], body: [1], caller: .anonymous, encodeReply: Self.reply)
                Issue.record("an ordered product became tracked")
            } catch Refusal.wrongState(_, let name, let state, _) {
                #expect(name == "POST")
                #expect(state == "untracked")
            }
            #expect(
                try await deployment.ledger.upsertProducts(
                    .fresh, [product("POST", name: "Postage", tracked: false)], body: [2], caller: .anonymous,
                    encodeReply: Self.reply)
                    == [0, 1, 0])
        }
    }

    @Test("A time zone that PostgreSQL does not know is refused at its place, and nothing is kept")
    func timeZones() async throws {
        try await TestDeployment.with { deployment in
            let zones = ["", "UTC", "Asia/Tokyo", "Mars/Olympus", "Europe/London", "EUROPE/LONDON"]
            let places = zones.enumerated().map { index, zone in
                Location(code: "L\(index)", name: "", kind: .store, rank: 0, timeZone: zone)
            }
            do {
                _ = try await deployment.ledger.upsertLocations(
                    .fresh, places, body: [1], caller: .anonymous, encodeReply: Self.reply)
                Issue.record("an unknown zone was kept")
            } catch Refusal.invalid(let violations) {
                #expect(violations.map(\.field) == ["locations[3].time_zone", "locations[5].time_zone"])
            }
            #expect(try await deployment.ledger.locations(after: nil, limit: 10).elements.isEmpty)
        }
    }

    @Test("Pages by key meet every product once, in the order of its bytes")
    func pages() async throws {
        try await TestDeployment.with { deployment in
            let skus = ["85", "85A", "85B", "85b", "84Z", "86", "85 X", "85é", "85\u{10FFFF}", "Z", "a", "日本"]
            _ = try await deployment.ledger.upsertProducts(
                .fresh, skus.map { product($0) }, body: [1], caller: .anonymous, encodeReply: Self.reply)
            func walk(_ prefix: String, _ limit: Int) async throws -> [String] {
                var found: [String] = []
                var after: String?
                for _ in 0..<20 {
                    let page = try await deployment.ledger.products(prefix: prefix, after: after, limit: limit)
                    #expect(page.elements.count <= limit)
                    found += page.elements.map(\.sku)
                    after = found.last
                    if !page.hasMore { return found }
                }
                throw TestFailure("the list does not end")
            }
            func sorted(_ skus: [String]) -> [String] {
                skus.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            }
            for limit in [1, 2, 5, 100] {
                #expect(try await walk("", limit) == sorted(skus))
                #expect(try await walk("85", limit) == sorted(skus.filter { $0.utf8.starts(with: "85".utf8) }))
            }
            #expect(try await walk("nothing", 10) == [])
            #expect(try await walk("%", 10) == [])
        }
    }

    @Test("A full last page says that the list ends")
    func lastPage() async throws {
        try await TestDeployment.with { deployment in
            _ = try await deployment.ledger.upsertProducts(
                .fresh, [product("A"), product("B")], body: [1], caller: .anonymous, encodeReply: Self.reply)
            #expect(try await deployment.ledger.products(prefix: "", after: nil, limit: 2).hasMore == false)
            #expect(try await deployment.ledger.products(prefix: "", after: nil, limit: 1).hasMore == true)
        }
    }
}
