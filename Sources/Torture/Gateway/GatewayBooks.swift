import Synchronization

/// What a card gateway has done: each key once, never more than is held or was taken.
package final class GatewayBooks: Sendable {
    /// What was done, or declined, under a key.
    package struct Entry: Sendable, Hashable {
        /// The key: the id of the attempt.
        package var key: String
        /// `authorize`, `capture`, `void`, `refund` or `charge`.
        package var action: String
        /// Minor units.
        package var amount: Int64
        /// What the gateway calls it.
        package var reference: String
        /// What it acted upon.
        package var target: String
        /// Whether the rest of a hold was let go with it.
        package var isFinal: Bool
        /// Why it was declined; nil where it was done.
        package var reason: String?

        /// Makes an entry.
        package init(
            key: String, action: String, amount: Int64, reference: String = "", target: String = "",
            isFinal: Bool = false,
            reason: String? = nil
        ) {
            self.key = key
            self.action = action
            self.amount = amount
            self.reference = reference
            self.target = target
            self.isFinal = isFinal
            self.reason = reason
        }
    }

    private struct Books {
        var entries: [String: Entry] = [:]
        /// What holds still have, and what was taken and not given back, by reference.
        var held: [String: Int64] = [:]
        var kept: [String: Int64] = [:]
        /// The taken amounts of a hold.
        var captures: [String: [String]] = [:]
        /// Keys that came again with another request.
        var reused: Set<String> = []
    }

    private let books = Mutex(Books())

    /// Makes empty books.
    package init() {}

    /// What was done and declined so far, by key.
    package var entries: [String: Entry] { books.withLock { $0.entries } }

    /// Keys that came again with another request, which must never be.
    package var reusedKeys: [String] { books.withLock { $0.reused.sorted() } }

    /// The entry of a key; nil where it was never seen.
    func entry(_ key: String) -> Entry? { books.withLock { $0.entries[key] } }

    /// Does what is asked, once for each key.
    ///
    /// - Parameters:
    ///   - asked: what; its reference is made here.
    ///   - declines: whether it is declined where it is new.
    /// - Returns: what was done the first time.
    package func book(_ asked: Entry, declines: Bool = false) -> Entry {
        books.withLock { books in
            if let done = books.entries[asked.key] {
                if (done.action, done.amount, done.target) != (asked.action, asked.amount, asked.target) {
                    books.reused.insert(asked.key)
                }
                return done
            }
            var entry = asked
            entry.reference = "gw-\(books.entries.count + 1)"
            entry.reason = declines ? "the issuer says no" : Self.obstacle(to: entry, books)
            if entry.reason == nil { Self.apply(entry, &books) }
            books.entries[entry.key] = entry
            return entry
        }
    }

    private static func obstacle(to entry: Entry, _ books: Books) -> String? {
        switch entry.action {
        case "capture": (books.held[entry.target] ?? 0) < entry.amount ? "more than is held" : nil
        case "void": (books.held[entry.target] ?? 0) == 0 ? "nothing is held" : nil
        case "refund": kept(of: entry.target, books) < entry.amount ? "more than was taken" : nil
        default: nil
        }
    }

    /// What was taken by a reference itself, or from the hold that it names, and not given back.
    private static func kept(of target: String, _ books: Books) -> Int64 {
        ([target] + (books.captures[target] ?? [])).reduce(0) { $0 + (books.kept[$1] ?? 0) }
    }

    private static func apply(_ entry: Entry, _ books: inout Books) {
        switch entry.action {
        case "authorize": books.held[entry.reference] = entry.amount
        case "charge": books.kept[entry.reference] = entry.amount
        case "capture":
            books.held[entry.target] = entry.isFinal ? 0 : (books.held[entry.target] ?? 0) - entry.amount
            books.kept[entry.reference] = entry.amount
            books.captures[entry.target, default: []].append(entry.reference)
        case "void": books.held[entry.target] = 0
        default:
            var rest = entry.amount
            for reference in [entry.target] + (books.captures[entry.target] ?? []) where rest > 0 {
                let part = min(rest, books.kept[reference] ?? 0)
                books.kept[reference, default: 0] -= part
                rest -= part
            }
        }
    }
}
