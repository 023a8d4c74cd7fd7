/// Checks what happened to orders after their capture: every acknowledged step is in its order's history, once and where it
/// was told to be, nothing is there that nobody can have done, and the units stand where the history has moved them.
package struct LifeCheck {
    private let byKey: [Mutation.Key: KeyHistory]
    private var found: [Violation] = []

    /// Whose calls cause events of orders that stand; an order does by taking the place of another one's goods.
    private static let spaces: [Mutation.Space] = [
        .cancellation, .fulfilment, .payment, .returnCreation, .returnChange, .order,
    ]

    /// Finds what breaks the promises.
    package static func violations(in keys: [KeyHistory], facts: LedgerFacts) -> [Violation] {
        var check = LifeCheck(keys)
        for key in keys {
            switch key.key.space {
            case .order:
                if let order = facts.orders[key.key.id] { check.history(of: order, key) }
                check.step(key, facts)
            case .fulfilment, .payment, .returnCreation, .returnChange: check.step(key, facts)
            default: break
            }
        }
        return check.found
    }

    private init(_ keys: [KeyHistory]) {
        byKey = Dictionary(keys.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private mutating func report(_ kind: Violation.Kind, _ story: String, _ key: KeyHistory, also: [Mutation.Key] = [])
    {
        found.append(Violation(kind, story, keys: [key.key] + also, moment: key.acknowledged ?? key.calls.last?.ended))
    }

    // MARK: - Acknowledged steps

    private mutating func step(_ key: KeyHistory, _ facts: LedgerFacts) {
        guard let done = key.firstDone, case .done(let reply) = done.outcome, case .life(let call) = done.mutation
        else { return }
        let told: (order: String, sequence: Int32)?
        do {
            told = try call.told(in: reply)
        } catch {
            report(.answersDiffer, "the answer to \(key.key) cannot be read: \(error)", key)
            return
        }
        guard let told, let order = facts.orders[told.order] else { return }
        if case .refund = call {
            // The gateway's answer is told when it comes, by whoever hears it.
            if let refunds = facts.refunds, !refunds.contains(key.key.id) {
                report(
                    .lost, "refund \(key.key.id) was acknowledged and gave nothing back", key,
                    also: [.init(.order, told.order)])
            }
            return
        }
        var events = order.events.filter { $0.cause == key.key.id }
        // A return has one label, whoever asks for another one.
        if case .label = call, events.isEmpty { events = order.events.filter { $0.type == "return_label_issued" } }
        if events.isEmpty {
            report(
                .lost, "\(call.method) \(key.key.id) was acknowledged and is not in the order's history", key,
                also: [.init(.order, told.order)])
        } else if told.sequence > 0 && !events.contains(where: { $0.sequence == Int(told.sequence) }) {
            report(
                .answersDiffer, "\(call.method) \(key.key.id) has another number than was acknowledged", key,
                also: [.init(.order, told.order)])
        }
    }

    // MARK: - Histories

    /// Events that Holdfast itself may cause: what is due is taken and given back, documents are issued, and units that
    /// another location serves now are released there.
    private static func mayBeOwn(_ type: String) -> Bool {
        type.hasPrefix("payment") || type == "document_issued" || type == "released"
    }

    private mutating func history(of order: LedgerFacts.Order, _ key: KeyHistory) {
        let id = key.key.id
        var seen: Set<[String]> = []
        for event in order.events where event.sequence > 1 && event.type != "cancelled" {
            let causes = Self.spaces.compactMap { byKey[.init($0, event.cause)] }
            if causes.isEmpty {
                if !Self.mayBeOwn(event.type) {
                    report(
                        .appliedThoughRefused,
                        "order \(id): \(event.type) by \(event.cause), which nobody asked for", key)
                }
            } else if !causes.contains(where: \.mayHaveTakenEffect) {
                report(
                    .appliedThoughRefused,
                    "order \(id): \(event.type) by \(event.cause), although every call was told that nothing was applied",
                    key, also: causes.map(\.key))
            }
            // A document has no state of its own; the books count those.
            guard event.type != "document_issued", let thing = order.advances?[event.sequence]?.thing else { continue }
            if !seen.insert([event.type, event.cause, thing]).inserted {
                report(.notOnce, "order \(id): \(event.type) by \(event.cause) is in its history twice", key)
            }
        }
        if let advances = order.advances { fold(advances, of: order, key) }
    }

    /// Follows the units through the history, and adds up the money that it names.
    private mutating func fold(
        _ advances: [Int: LedgerFacts.Order.Advance], of order: LedgerFacts.Order, _ key: KeyHistory
    ) {
        let id = key.key.id
        var units = order.lines.map { line -> [Int16: Int64] in
            order.goodsInHand ? [Self.delivered: line.quantity] : [Self.allocated: line.quantity]
        }
        var amounts = order.lines.map { _ in Int64(0) }
        for event in order.events.sorted(by: { $0.sequence < $1.sequence }) {
            for move in advances[event.sequence]?.moves ?? [] {
                guard units.indices.contains(move.line - 1) else {
                    report(.books, "order \(id): event \(event.sequence) moves units of a line that is not there", key)
                    return
                }
                var line = units[move.line - 1]
                if move.from == Self.unsaid {
                    // A cancellation takes what waits for supply first.
                    let waiting = min(move.quantity, line[Self.backordered] ?? 0)
                    line[Self.backordered, default: 0] -= waiting
                    line[Self.allocated, default: 0] -= move.quantity - waiting
                } else if move.from != 0 {
                    line[move.from, default: 0] -= move.quantity
                }
                line[move.to, default: 0] += move.quantity
                if line.values.contains(where: { $0 < 0 }) {
                    report(
                        .books,
                        "order \(id): event \(event.sequence) (\(event.type)) moves units that did not stand there", key
                    )
                    return
                }
                units[move.line - 1] = line
                // What left the line's waiting units was earned or is not owed; either takes its part of the amount.
                if Self.waiting.contains(move.from) && !Self.waiting.contains(move.to) {
                    amounts[move.line - 1] += move.amountMinor
                }
            }
        }
        for (index, line) in order.lines.enumerated() {
            let moved = units[index].filter { $0.value != 0 }
            if moved != line.units {
                report(
                    .books,
                    "order \(id) line \(index + 1): its history leaves \(Self.text(moved)), and "
                        + "\(Self.text(line.units)) stand", key)
            }
            guard !order.goodsInHand else { continue }
            let isWaiting = moved.keys.contains { Self.waiting.contains($0) }
            if amounts[index] > line.amountMinor || (!isWaiting && amounts[index] != line.amountMinor) {
                report(
                    .money,
                    "order \(id) line \(index + 1): \(amounts[index]) of \(line.amountMinor) is earned or not owed any more, "
                        + (isWaiting ? "more than there was" : "and nothing waits"), key)
            }
        }
    }

    private static let allocated: Int16 = 1
    private static let delivered: Int16 = 2
    private static let backordered: Int16 = 4
    /// A status that a fact leaves open.
    private static let unsaid: Int16 = -1
    /// Statuses of units that have not left: allocated, backordered, released, picked, packed.
    private static let waiting: Set<Int16> = [1, 4, 5, 6, 7, unsaid]

    private static func text(_ units: [Int16: Int64]) -> String {
        "{" + units.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
    }
}
