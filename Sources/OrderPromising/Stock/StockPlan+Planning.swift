import Domain
import Ledger

extension StockPlan {
    /// The cells of one line of a change.
    struct LineCells: Sendable {
        var source: CellID
        /// Where a transfer goes to.
        var target: CellID?
        var targetLocation: String?
    }

    /// Plans a change on the figures read.
    ///
    /// `cells` runs parallel to the change's lines.
    init(_ change: StockChange, cells: [LineCells], figures: [CellID: CellFigures]) {
        var effects: [Effect] = []
        func add(_ effect: Effect) {
            if let place = effects.firstIndex(where: { $0.cell == effect.cell && $0.kind == effect.kind }) {
                effects[place].onHandDelta += effect.onHandDelta
            } else {
                effects.append(effect)
            }
        }
        for (line, cells) in zip(change.lines, cells) {
            let figures = figures[cells.source] ?? CellFigures(onHand: 0, safety: 0)
            var effect = Effect(
                cell: cells.source, sku: line.sku, location: line.location, kind: .receipt, onHandDelta: 0,
                safetyDelta: 0, expectedOnHand: nil, expectedSafety: nil)
            switch change.action {
            case .receive:
                effect.onHandDelta = line.quantity
                add(effect)
            case .adjust:
                effect.kind = .adjustment
                effect.onHandDelta = line.quantity
                add(effect)
            case .count:
                effect.kind = .count
                // What is away at stores is on the location's count, and not on its shelves.
                effect.onHandDelta = line.quantity + figures.away - figures.onHand
                effect.expectedOnHand = figures.onHand
                effect.expectedAway = figures.away
                add(effect)
            case .setSafety:
                effect.kind = .policy
                effect.safetyDelta = line.quantity - figures.safety
                effect.expectedSafety = figures.safety
                add(effect)
            case .transfer:
                effect.kind = .transferOut
                effect.onHandDelta = -line.quantity
                add(effect)
                guard let target = cells.target, let location = cells.targetLocation else { continue }
                effect.cell = target
                effect.location = location
                effect.kind = .transferIn
                effect.onHandDelta = line.quantity
                add(effect)
            }
        }
        self.init(change: change, effects: effects)
    }

    /// Shortages of a transfer's cells as shortages of its lines: the last line of a cell bears it.
    func shortage(_ lacking: [(cell: CellID, available: Int64)]) -> [LineShortage] {
        lacking.compactMap { cell, available in
            guard let effect = effects.first(where: { $0.cell == cell }),
                let line = change.lines.lastIndex(where: { $0.sku == effect.sku && $0.location == effect.location })
            else { return nil }
            let before = change.lines[..<line].filter { $0.sku == effect.sku && $0.location == effect.location }
                .reduce(0) { $0 + $1.quantity }
            return LineShortage(
                line: line, sku: effect.sku, location: effect.location, wanted: change.lines[line].quantity,
                available: min(max(0, available - before), change.lines[line].quantity - 1))
        }.sorted { $0.line < $1.line }
    }
}
