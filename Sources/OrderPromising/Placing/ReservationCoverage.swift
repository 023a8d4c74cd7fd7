import Domain
import Ledger

/// How an order is served: what its reservation covers, and what it must take beyond.
struct Coverage {
    /// Units that come from the reservation.
    var fromReservation: [CellTake]
    /// What is to be taken anew, by line; nil for a line that wants nothing more.
    var beyond: [Demand?]

    /// Uses the units of a live reservation for the order's lines, in line order.
    ///
    /// `cells` are the cells that may serve each line, in rank order; nil for a line that wants no stock.
    init(demands: [Demand?], cells: [[CellID]?], reservation: StoredHold?) {
        var left: [CellID: Int64] = [:]
        for take in reservation?.takes ?? [] { left[take.cell, default: 0] += take.quantity }
        fromReservation = []
        beyond = demands
        for (index, demand) in demands.enumerated() {
            guard let demand, let candidates = cells[index] else { continue }
            var wanted = demand.quantity
            for cell in candidates {
                let part = min(wanted, left[cell] ?? 0)
                guard part > 0 else { continue }
                left[cell, default: 0] -= part
                wanted -= part
                fromReservation.append(CellTake(line: index, cell: cell, quantity: part))
            }
            if wanted == 0 { beyond[index] = nil } else { beyond[index]?.quantity = wanted }
        }
    }
}
