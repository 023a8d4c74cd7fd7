/// Servers that turn units into orders.
extension Steps {
    /// One transaction for an order: its hold, closed from the start, the base of each cell, and the reservation it uses.
    mutating func addPlace(_ operation: Int, _ number: Int, _ attempt: Attempt) {
        var after = state
        let place = configuration.place(operation, number)
        let verdict: Step.Verdict
        if state[row: operation].state == .confirmed {
            // The order stands: the client is told so, and what this attempt took anew was for nothing.
            verdict = .stands
            after[attempt: place] = refused(operation, attempt)
        } else if state[row: operation].state != .none {
            verdict = .final
            after[attempt: place] = refused(operation, attempt)
        } else if !mayPlace(operation, attempt) {
            verdict = .guarded
            after[attempt: place] = refused(operation, attempt)
        } else {
            verdict = .committed
            close(operation, as: .confirmed, lowering: operations[operation].cells, in: &after)
            if let used = operations[operation].reservation {
                close(used, as: .confirmed, lowering: operations[used].cells, in: &after)
            }
            after[attempt: place] = .ended(.acknowledged)
        }
        add(transaction(operation, number, verdict), after)
    }

    /// True where the reservation it uses is still held and every base suffices.
    private func mayPlace(_ operation: Int, _ attempt: Attempt) -> Bool {
        let used = operations[operation].reservation
        if let used, state[row: used].state != .held { return false }
        if mutant == .captureWithoutGuard { return true }
        guard mutant == .decideWithoutLock || suffices(operation, attempt) else { return false }
        return (0..<model.cellCount).allSatisfy { cell in
            var wanted = operations[operation].part(of: cell) == nil ? 0 : 1
            if let used, operations[used].part(of: cell) != nil { wanted += 1 }
            return wanted == 0 || model.base(state, cell) >= wanted
        }
    }

    /// T2: an order takes a reservation that is still held, all of it or its first part.
    mutating func addConfirm(_ operation: Int) {
        guard mayClose(operation) else { return }
        let cells = operations[operation].cells
        if cells.allSatisfy({ model.base(state, $0) >= 1 }) {
            var after = state
            close(operation, as: .confirmed, lowering: cells, in: &after)
            add(.confirm(operation: operation, partly: false), after)
        }
        if configuration.confirmsPartly && cells.count > 1 && model.base(state, cells[0]) >= 1 {
            var after = state
            close(operation, as: .confirmed, lowering: [cells[0]], in: &after)
            add(.confirm(operation: operation, partly: true), after)
        }
    }

    /// Makes a row final, moves the bases that fall with it, and notes the `ver` that a settle must carry at least.
    ///
    /// Where PostgreSQL decides, what the row held is no longer held from the same commit on.
    func close(_ operation: Int, as final: HoldState, lowering cells: [Int], in after: inout State) {
        var row = after[row: operation]
        if row.state == .held && mutant != .closeForgetsHeldDirect {
            for cell in operations[operation].cells {
                var record = after[cell: cell]
                guard row.isClosing ? row.sawDirect(cell) : record.isDirect else { continue }
                record.heldDirect -= 1
                after[cell: cell] = record
            }
        }
        row.stopClosing()
        for cell in cells {
            var record = after[cell: cell]
            record.move(up: false)
            after[cell: cell] = record
        }
        row.state = final
        for cell in operations[operation].cells { row.setClosedAt(cell, after[cell: cell].ver) }
        after[row: operation] = row
    }
}
