import Domain
import Testing

@Suite("Events")
struct EventTests {
    private static let order = EntityID(high: 1, low: 2)
    private static let limited = Scope(channels: ["web"], locations: ["L1"])

    private func entry(_ topic: String, _ subject: EntityID, _ sequence: Int32, number: Int64 = 1) -> OutboxEntry {
        OutboxEntry(
            position: EventPosition(transaction: 9, number: number, mark: 7), topic: topic, subject: subject,
            sequence: sequence, cause: subject, at: Instant(microseconds: 0), channel: nil)
    }

    @Test("An event's id follows from its subject and its place in the subject's history, and is no other event's")
    func identity() {
        let first = entry("order.placed", Self.order, 1)
        #expect(first.id == entry("order.placed", Self.order, 1, number: 5).id)
        // A fact has one id even where a later version of the program names its topic otherwise within the family.
        #expect(first.id == entry("order.captured", Self.order, 1).id)
        var ids: Set<EntityID> = []
        for sequence in Int32(1)...200 {
            for low in UInt64(0)..<20 {
                ids.insert(entry("order.placed", EntityID(high: 1, low: low), sequence).id)
                ids.insert(entry("stock.changed", EntityID(high: 1, low: low), sequence).id)
            }
        }
        #expect(ids.count == 8_000)
        #expect(ids.allSatisfy { $0.high >> 12 & 15 == 8 && $0.low >> 62 == 2 })
    }

    @Test("Places are ordered by transaction, then by number, whatever their marks")
    func order() {
        let places = [(1, 9), (2, 3), (2, 4), (3, 1)].map {
            EventPosition(transaction: $0.0, number: $0.1, mark: -Int64($0.0))
        }
        #expect(places.shuffled().sorted() == places)
        #expect(EventPosition.beginning < places[0])
        #expect(!(EventPosition(transaction: 1, number: 9, mark: 0) < places[0]))
    }

    @Test("A filter lets pass what it names, and everything where it is empty")
    func filter() {
        func passes(_ filter: EventFilter, _ topic: String, channel: String? = "web") -> Bool {
            filter.admits(topic: topic, subject: Self.order, channel: channel, for: .everything)
        }
        for topic in EventTopic.allCases { #expect(passes(EventFilter(), topic.rawValue)) }
        #expect(passes(EventFilter(), "parcel.lost"))
        let cancelled = EventFilter(topics: [.orderCancelled])
        #expect(passes(cancelled, "order.cancelled"))
        #expect(!passes(cancelled, "order.placed") && !passes(cancelled, "parcel.lost"))
        let web = EventFilter(channels: ["web"])
        #expect(passes(web, "order.placed"))
        #expect(!passes(web, "order.placed", channel: "shop") && !passes(web, "stock.changed", channel: nil))
        #expect(passes(EventFilter(subject: Self.order), "order.placed"))
        #expect(!passes(EventFilter(subject: EntityID(high: 1, low: 3)), "order.placed"))
    }

    @Test("Who is held to channels is told of their orders only, and of nothing that this version cannot place")
    func scopes() {
        func passes(_ topic: String, _ channel: String?) -> Bool {
            EventFilter().admits(topic: topic, subject: Self.order, channel: channel, for: Self.limited)
        }
        for topic in ["order.placed", "order.cancelled"] {
            #expect(passes(topic, "web"))
            #expect(!passes(topic, "shop") && !passes(topic, nil))
        }
        #expect(passes("stock.changed", nil))
        #expect(!passes("parcel.lost", "web") && !passes("parcel.lost", nil))
    }

    @Test("Movements outside the caller's locations are left out, and the event where none is left")
    func locations() {
        func movement(_ location: String) -> StockMovement {
            StockMovement(
                sequence: 1, kind: .receipt, sku: "A", location: location, onHandDelta: 1, safetyDelta: 0,
                allocatedDelta: 0, cause: nil, reason: "", recordedAt: Instant(microseconds: 0))
        }
        let facts = EventFacts.stockChanged([movement("L1"), movement("L2")])
        #expect(facts.narrowed(to: .everything) == facts)
        #expect(facts.narrowed(to: Self.limited) == .stockChanged([movement("L1")]))
        #expect(EventFacts.stockChanged([movement("L2")]).narrowed(to: Self.limited) == nil)
    }
}
