import Domain

/// How a state table is shown: a diagram, the numbers, and a row for each transition.
struct TablePage {
    struct Row {
        var from: String?
        var event: String
        var number: Int16
        var to: String
        var effect: LifecycleEffect
        var actors: Set<LifecycleActor>
    }

    var states: [(number: Int16, word: String, isFinal: Bool)]
    var rows: [Row]

    var text: String {
        let events = rows.reduce(into: [(number: Int16, word: String)]()) { events, row in
            if !events.contains(where: { $0.number == row.number }) { events.append((row.number, row.event)) }
        }
        return """
            ```mermaid
            \(diagram)
            ```

            \(transitions)

            States: \(Self.numbered(states.map { ($0.number, $0.word) })).
            Events: \(Self.numbered(events)).
            """
    }

    private static func numbered(_ words: [(number: Int16, word: String)]) -> String {
        words.sorted { $0.number < $1.number }.map { "\($0.number) `\($0.word)`" }.joined(separator: ", ")
    }

    private var diagram: String {
        var arrows: [(from: String, to: String, events: [String])] = []
        for row in rows {
            let from = row.from ?? "[*]"
            if let index = arrows.firstIndex(where: { $0.from == from && $0.to == row.to }) {
                arrows[index].events.append(row.event)
            } else {
                arrows.append((from, row.to, [row.event]))
            }
        }
        let ends = states.filter(\.isFinal).map { "    \($0.word) --> [*]" }
        return
            (["stateDiagram-v2"]
            + arrows.map { "    \($0.from) --> \($0.to): \($0.events.joined(separator: ", "))" } + ends)
            .joined(separator: "\n")
    }

    private var transitions: String {
        var merged: [(from: [String], row: Row)] = []
        for row in rows {
            let stays = row.from == row.to
            let place = merged.firstIndex { _, other in
                other.event == row.event && other.effect == row.effect && other.actors == row.actors
                    && row.from != nil && other.from != nil
                    && (stays ? other.from == other.to : other.from != other.to && other.to == row.to)
            }
            if let place {
                merged[place].from.append(row.from ?? "")
            } else {
                merged.append((row.from.map { [$0] } ?? [], row))
            }
        }
        let lines = merged.map { from, row in
            let effect = row.effect
            let cells = [
                from.isEmpty ? "–" : from.joined(separator: ", "), row.event, row.from == row.to ? "the same" : row.to,
                effect.units.map(\.word).joined(separator: " / "), effect.stock == .none ? "" : effect.stock.word,
                effect.money.map(\.word).joined(separator: ", "),
                row.actors.sorted().map(\.word).joined(separator: ", "),
            ]
            return "| \(cells.joined(separator: " | ")) |"
        }
        let head = [
            "| state | event | then | units | stock | money | who may |", "|---|---|---|---|---|---|---|",
        ]
        return (head + lines).joined(separator: "\n")
    }
}

/// How the derivation of an order's status is shown.
enum OrderStatusPage {
    static var text: String {
        let lines = OrderStatus.rules.map { rule in
            let some = rule.some.map { "some \(words($0))" }
            let none = rule.none.isEmpty ? [] : ["none \(words(rule.none))"]
            let cells = [
                (some + none).joined(separator: "; "),
                (rule.payments ?? []).sorted { $0.rawValue < $1.rawValue }.map(\.word).joined(separator: ", "),
                rule.returns?.word ?? "", "`\(rule.status.word)`", "\(rule.status.rawValue)",
            ]
            return "| \(cells.joined(separator: " | ")) |"
        }
        let head = ["| units | payment | returns | status | number |", "|---|---|---|---|---|"]
        let last = "| otherwise | | | `\(OrderStatus.last.word)` | \(OrderStatus.last.rawValue) |"
        return (head + lines + [last]).joined(separator: "\n")
    }

    private static func words(_ set: LineStatusSet) -> String {
        set.statuses.map(\.word).joined(separator: " / ")
    }
}
