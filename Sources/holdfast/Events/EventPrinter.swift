import HoldfastAPI
import SwiftProtobuf
import Synchronization

/// Prints events line by line and says when that is enough.
final class EventPrinter: Sendable {
    /// Movements that a line of text shows of one event.
    private static let shownMovements = 5

    private struct State {
        var events = 0
        var cursor: String?
    }

    private let format: EventsCommand.EventFormat
    private let limit: Int?
    private let endsCaughtUp: Bool
    private let state = Mutex(State())

    init(format: EventsCommand.EventFormat, limit: Int?, endsCaughtUp: Bool) {
        self.format = format
        self.limit = limit
        self.endsCaughtUp = endsCaughtUp
    }

    /// The cursor of the last message; nil before the first one.
    var cursor: String? { state.withLock { $0.cursor } }

    /// Prints a message and returns whether to go on.
    func print(_ message: Holdfast_V1_SubscribeResponse) throws -> Bool {
        switch format {
        case .json: Terminal.line(try message.jsonString())
        case .text: if message.hasEvent { Terminal.line(Self.text(message.event)) }
        }
        let events = state.withLock { state in
            state.cursor = message.cursor
            if message.hasEvent { state.events += 1 }
            return state.events
        }
        if let limit, events >= limit { return false }
        return !(endsCaughtUp && message.caughtUp)
    }

    /// An event in a line: when, what, about what, and what of it a person looks for first.
    static func text(_ event: Holdfast_V1_Event) -> String {
        var words = [event.at.shown, event.topic, event.subjectID, "#\(event.sequence)"]
        if !event.channel.isEmpty { words.append(event.channel) }
        switch event.payload {
        case .orderPlaced(let order):
            words += [order.externalID, "\(order.lines.count) lines", order.total.shown]
        case .orderCancelled(let units):
            words += units.lines.map { "\($0.quantity) of line \($0.lineNumber)" }
            if !units.reason.isEmpty { words.append("(\(units.reason))") }
        case .orderAdvanced(let advance):
            words += advance.units.map { "\($0.quantity) of line \($0.lineNumber) \($0.to.word)" }
            if advance.hasThing {
                words.append("\(advance.thing.kind) \(advance.thing.id) \(advance.thing.stateAfter)")
            }
            if advance.hasAmount { words.append(advance.amount.shown) }
            words += advance.details.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            if !advance.reason.isEmpty { words.append("(\(advance.reason))") }
        case .stockChanged(let stock):
            words += stock.movements.prefix(shownMovements).map { movement in
                let sign = movement.onHandDelta < 0 ? "" : "+"
                return "\(movement.sku)@\(movement.location)\(sign)\(movement.onHandDelta)"
            }
            let more = stock.movements.count - shownMovements
            if more > 0 { words.append("and \(more) more") }
        case nil: break
        }
        return words.joined(separator: " ")
    }
}
