import Testing
import Torture

@Suite("What the card gateway has done beside what is recorded")
struct GatewayCheckTests {
    private typealias Attempt = GatewayCheck.Attempt
    private typealias Entry = GatewayBooks.Entry

    private func stories(
        _ attempts: [Attempt], _ entries: [Entry], before: [Entry]? = nil
    ) -> [String] {
        func byKey(_ entries: [Entry]) -> [String: Entry] {
            Dictionary(entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        }
        return GatewayCheck.violations(
            of: attempts, before: byKey(before ?? entries), after: byKey(entries)
        ).map(\.story)
    }

    @Test("what agrees is in order, and so is what is not known yet")
    func clean() {
        #expect(
            stories(
                [
                    Attempt(id: "a", action: "authorize", amount: 9, state: 2),
                    Attempt(id: "b", action: "capture", amount: 4, state: 4),
                    Attempt(id: "c", action: "charge", amount: 4, state: 3),
                    Attempt(id: "d", action: "void", amount: 5, state: 1),
                ],
                [
                    Entry(key: "a", action: "authorize", amount: 9), Entry(key: "b", action: "capture", amount: 4),
                    Entry(key: "c", action: "charge", amount: 4, reason: "no"),
                ]) == [])
    }

    @Test("money that is said to have moved and has not, or has and is said not to, is found")
    func contradictions() {
        let approved = Attempt(id: "a", action: "refund", amount: 9, state: 2)
        #expect(stories([approved], []) == ["the refund a is approved, and the gateway has not done it"])
        #expect(
            stories([approved], [Entry(key: "a", action: "refund", amount: 9, reason: "no")])
                == ["the refund a is approved, and the gateway has not done it"])
        #expect(
            stories([approved], [Entry(key: "a", action: "refund", amount: 8)])
                == ["the gateway did the refund of 8 under a, which is a refund of 9"])
        #expect(
            stories(
                [Attempt(id: "a", action: "capture", amount: 9, state: 3)],
                [Entry(key: "a", action: "capture", amount: 9)])
                == ["the gateway did the capture a, which was recorded as not done"])
    }

    @Test("what was sent without being written down before is found, unless it came after the look")
    func unwritten() {
        let entry = Entry(key: "a", action: "charge", amount: 9)
        #expect(stories([], [entry]) == ["the gateway was sent the charge a, which is written down nowhere"])
        #expect(stories([], [entry], before: []) == [])
    }

    @Test("the gateway does a key once, and neither takes more than it holds nor gives back more than it took")
    func books() {
        let books = GatewayBooks()
        func ask(_ key: String, _ action: String, _ amount: Int64, of target: String = "", final: Bool = false) -> Entry
        {
            books.book(Entry(key: key, action: action, amount: amount, target: target, isFinal: final))
        }
        let hold = ask("a", "authorize", 10).reference
        #expect(ask("b", "capture", 4, of: hold).reason == nil)
        #expect(ask("b", "capture", 4, of: hold).reason == nil)
        #expect(ask("c", "capture", 7, of: hold).reason != nil)
        #expect(ask("d", "capture", 5, of: hold, final: true).reason == nil)
        #expect(ask("e", "void", 1, of: hold).reason != nil)
        #expect(ask("f", "refund", 8, of: hold).reason == nil)
        #expect(ask("g", "refund", 2, of: hold).reason != nil)
        #expect(ask("h", "refund", 1, of: hold).reason == nil)
        #expect(books.reusedKeys == [])
        _ = ask("h", "refund", 9, of: hold)
        #expect(books.reusedKeys == ["h"])
        #expect(books.entries.count == 8)
    }
}
