import Domain
import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServices

@Suite("Cursors and requests for events")
struct EventCursorTests {
    private static let deployment = EntityID(high: 5, low: 6)
    private static let place = EventPosition(transaction: 4_711, number: .max, mark: -3)

    @Test("A cursor is short, and its deployment reads the place again")
    func roundTrip() {
        for place in [Self.place, .beginning, EventPosition(transaction: .max, number: .min, mark: .max)] {
            let text = EventCursor(place).text(for: Self.deployment)
            #expect(text.utf8.count == 44)
            #expect(EventCursor(text, of: Self.deployment)?.place == place)
        }
    }

    @Test("Another deployment's cursor, one with any other character, and anything else is none")
    func refused() {
        let text = EventCursor(Self.place).text(for: Self.deployment)
        #expect(EventCursor(text, of: EntityID(high: 5, low: 7)) == nil)
        for (place, character) in text.enumerated() {
            var changed = Array(text)
            changed[place] = character == "A" ? "B" : "A"
            #expect(EventCursor(String(changed), of: Self.deployment) == nil)
        }
        for wrong in ["", "A", text + "A", String(text.dropLast()), String(repeating: "A", count: 10_000), "é", "=="] {
            #expect(EventCursor(wrong, of: Self.deployment) == nil)
        }
    }

    @Test(
        "What is wrong with a request is named by its field",
        arguments: [
            (Holdfast_V1_SubscribeRequest(), ["start"]),
            (.with { $0.start = .UNRECOGNIZED(9) }, ["start"]),
            (.with { $0.cursor = "nonsense" }, ["cursor"]),
            (
                .with {
                    $0.cursor = EventCursor(place).text(for: deployment)
                    $0.start = .now
                }, ["start"]
            ),
            (
                .with {
                    $0.start = .now
                    $0.topics = ["order.placed", "order.*"]
                }, ["topics[1]"]
            ),
            (
                .with {
                    $0.start = .now
                    $0.channels = ["web", ""]
                }, ["channels[1]"]
            ),
            (
                .with {
                    $0.start = .now
                    $0.channels = (0...100).map { "c\($0)" }
                    $0.topics = Array(repeating: "order.placed", count: 101)
                }, ["topics", "channels"]
            ),
            (
                .with {
                    $0.start = .oldest
                    $0.subjectID = "7"
                }, ["subject_id"]
            ),
        ])
    func invalid(request: Holdfast_V1_SubscribeRequest, fields: [String]) {
        #expect {
            try EventRequests.subscribe(request, by: .anonymous, in: Self.deployment)
        } throws: { error in
            guard case Refusal.invalid(let violations) = error else { return false }
            return violations.map(\.field) == fields
        }
    }

    @Test("A request is translated whole; a channel outside the caller's scope is refused")
    func translated() throws {
        let request = Holdfast_V1_SubscribeRequest.with {
            $0.cursor = EventCursor(Self.place).text(for: Self.deployment)
            $0.topics = ["order.placed", "stock.changed", "order.placed"]
            $0.channels = ["web"]
            $0.subjectID = EntityID(high: 1, low: 2).description
        }
        let read = try EventRequests.subscribe(request, by: .anonymous, in: Self.deployment)
        #expect(read.start == .place(Self.place))
        #expect(
            read.filter
                == EventFilter(
                    topics: [.orderPlaced, .stockChanged], channels: ["web"], subject: EntityID(high: 1, low: 2)))
        var caller = Caller.anonymous
        caller.scope.channels = ["shop"]
        #expect(throws: Refusal.outOfScope) {
            try EventRequests.subscribe(request, by: caller, in: Self.deployment)
        }
    }
}
