import Domain

extension OrderWork {
    /// Cancels units of a line that a fulfilment has, as whoever has the goods accepts it; the last one ends the fulfilment.
    ///
    /// What is packed is cancelled as a whole only: see ``advance(_:_:)`` with `.cancel`.
    ///
    /// - Parameters:
    ///   - quantity: how many, at least 1.
    ///   - number: the line.
    ///   - id: the fulfilment.
    /// - Returns: what was done.
    /// - Throws: `Refusal` where there is no such fulfilment of this order, where it cannot be cancelled any more, or has fewer units
    ///   of the line.
    @discardableResult
    mutating func recall(_ quantity: Int64, line number: Int32, ofFulfilment id: EntityID) throws -> UnitsMoved {
        guard let found = try Ledger.fulfilment(id, on: connection), found.fulfilment.order == head.id else {
            throw Refusal.notFound(.fulfilment, id.description)
        }
        var fulfilment = found.fulfilment
        let before = fulfilment.standing
        let next = try before.after(.cancel, by: change.caller.actors, naming: id.description)
        guard let status = before.units, status != .packed || quantity == fulfilment.openUnits else {
            throw Refusal.wrongState(
                before.kind.subject, id.description, state: before.word,
                explanation: "what is packed is cancelled as a whole")
        }
        var rest = quantity
        var parts: [CellPart] = []
        for index in fulfilment.lines.indices.reversed() where fulfilment.lines[index].number == number && rest > 0 {
            let part = min(rest, fulfilment.lines[index].open)
            guard part > 0 else { continue }
            fulfilment.lines[index].open -= part
            rest -= part
            if let cell = fulfilment.lines[index].cell { parts.append(CellPart(cell: cell, quantity: part)) }
        }
        guard rest == 0 else {
            throw Refusal.wrongState(
                before.kind.subject, id.description, state: before.word,
                explanation: "\(quantity) units of line \(number) were asked to be cancelled, it has \(quantity - rest)"
            )
        }
        let moved = try move(.recall, quantity, line: number, from: status, parts: parts)
        if fulfilment.openUnits == 0 { fulfilment.standing = next.standing }
        for step in Ledger.writing(fulfilment) { write(step) }
        tell(
            .fulfilmentCancelled, moved: [moved], thing: fulfilment.standing.thing(id, from: before),
            details: fulfilment.eventDetails)
        return moved
    }
}
