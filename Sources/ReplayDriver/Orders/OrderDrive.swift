import GRPCCore
import HoldfastAPI
import Replay

/// Brings one order of the plan to the service: check, reserve, place.
///
/// Lines that stock does not cover are dropped and the rest is ordered; with nothing left the order is refused. A
/// reservation's id names the invoice and the attempt, so that a run that follows a broken one finds the goods that were
/// held and takes them over instead of running short of them.
struct OrderDrive<Transport: ClientTransport>: Sendable {
    /// How an order ended.
    enum Ending: Sendable {
        /// The service has it, with all lines or some; those that it does not have were refused for this reason.
        case accepted(PlacedOrder, dropped: RefusalReason)
        /// The service has nothing of it.
        case refused(RefusalReason)
    }

    /// Times that stock may turn out short after all before an order goes without its goods.
    private static var mostShortages: Int { 3 }
    /// Reservations tried for one order, ended ones included.
    private static var mostAttempts: Int { 20 }

    let terminal: ReplayTerminal<Transport>
    let acknowledged: Acknowledgements
    let order: InvoiceOrder

    /// Goods that a live reservation holds for the order.
    private struct Held {
        var id: ReplayID
        var fill: OrderFill
    }

    /// Places the order; with `looksFirst` it may have been placed, or its goods reserved, by an earlier run.
    func run(looksFirst: Bool) async throws -> Ending {
        if looksFirst, let found = try await terminal.order(order.id) { return try accepted(found) }
        var attempt = 0
        var shortages = 0
        var held: Held?
        if looksFirst { (held, attempt) = try await heldBefore() }
        var available = held == nil ? try await availability(fresh: false) : [:]
        while true {
            let fill = held?.fill ?? OrderFill(order.lines, available: shortages > Self.mostShortages ? [:] : available)
            if fill.kept.isEmpty { return .refused(.shortage) }
            if held == nil, !fill.demand.isEmpty {
                guard attempt < Self.mostAttempts else {
                    throw ReplayFailure(
                        .foreignBooks, "\(Self.mostAttempts) reservations for invoice \(order.invoice) ended early")
                }
                switch try await reserve(fill, attempt: attempt) {
                case .held(let taken): held = taken
                case .ended: attempt += 1
                case .short(let figures):
                    shortages += 1
                    available.merge(figures) { min($0, $1) }
                case .placed(let found): return try accepted(found)
                case .refused(let refused): return .refused(.status(refused.reason))
                }
                // What is held may be less or more than what was asked for; either way the next round places it.
                continue
            }
            switch try await place(fill, reservation: held?.id) {
            case .ended(let ending): return ending
            case .short:
                shortages += 1
                if let id = held?.id { try await terminal.release(id) }
                held = nil
                attempt += 1
                available = try await availability(fresh: true)
            }
        }
    }

    /// What became of the order in an earlier run that went on beyond it; sends nothing that changes anything.
    func recall() async throws -> Ending {
        if let found = try await terminal.order(order.id) { return try accepted(found) }
        return .refused(order.lines.contains(where: \.isGoods) ? .shortage : .refusedBefore)
    }

    private func availability(fresh: Bool) async throws -> [String: Int64] {
        let demand = OrderFill.demand(of: order.lines)
        return demand.isEmpty ? [:] : try await terminal.available(demand, fresh: fresh)
    }

    // MARK: - Reserving

    private enum Reserving {
        case held(Held)
        case ended
        case short([String: Int64])
        case placed(Holdfast_V1_Order)
        case refused(ServiceCaller.Refused)
    }

    private func reserve(_ fill: OrderFill, attempt: Int) async throws -> Reserving {
        let id = ReplayID.reservation(invoice: order.invoice, attempt: attempt)
        do {
            let reservation = try await terminal.reserve(id, fill.demand)
            return try await usable(reservation, id: id)
        } catch let refused as ServiceCaller.Refused {
            if let shortage = try refused.error.stockShortage() {
                return .short(
                    Dictionary(shortage.lines.map { ($0.sku, $0.available) }, uniquingKeysWith: { min($0, $1) }))
            }
            switch refused.error.code {
            case .failedPrecondition: return .ended
            case .alreadyExists:
                // An earlier run reserved under this id, and its call arrived after this one looked.
                guard let reservation = try await terminal.reservation(id) else { return .ended }
                return try await usable(reservation, id: id)
            default:
                if refused.isFault { throw refused.failure }
                return .refused(refused)
            }
        }
    }

    private func usable(_ reservation: Holdfast_V1_Reservation, id: ReplayID) async throws -> Reserving {
        switch reservation.state {
        case .held:
            acknowledged.add(reservation: id)
            let units = Dictionary(
                reservation.lines.map { ($0.sku, $0.quantity) }, uniquingKeysWith: { $0 + $1 })
            return .held(Held(id: id, fill: OrderFill(order.lines, available: units)))
        case .confirmed:
            guard let found = try await terminal.order(order.id) else {
                throw ReplayFailure(
                    .foreignBooks, "reservation \(id) of invoice \(order.invoice) is confirmed without its order")
            }
            return .placed(found)
        default: return .ended
        }
    }

    /// Looks for the live reservation of an earlier run; without one, says which attempt comes next.
    private func heldBefore() async throws -> (Held?, attempt: Int) {
        for attempt in 0..<Self.mostAttempts {
            let id = ReplayID.reservation(invoice: order.invoice, attempt: attempt)
            guard let reservation = try await terminal.reservation(id) else { return (nil, attempt) }
            if reservation.state == .held, case .held(let held) = try await usable(reservation, id: id) {
                return (held, attempt)
            }
        }
        return (nil, Self.mostAttempts)
    }

    // MARK: - Placing

    private enum Placing {
        case ended(Ending)
        case short
    }

    private func place(_ fill: OrderFill, reservation: ReplayID?) async throws -> Placing {
        do {
            let total = try await terminal.place(
                ShopRequests.order(order, lines: fill.kept, reservation: reservation))
            acknowledged.add(order: order.id)
            let placed = PlacedOrder(kept: fill.kept, of: order.lines.count, totalMinor: total)
            return .ended(.accepted(placed, dropped: .shortage))
        } catch let refused as ServiceCaller.Refused {
            if refused.error.code == .failedPrecondition, !fill.demand.isEmpty { return .short }
            if refused.isFault { throw refused.failure }
            if refused.error.code == .alreadyExists, let found = try await terminal.order(order.id) {
                return .ended(try accepted(found))
            }
            if let reservation { try await terminal.release(reservation) }
            return .ended(
                .refused(refused.error.code == .alreadyExists ? .numberTaken : .status(refused.reason)))
        }
    }

    private func accepted(_ found: Holdfast_V1_Order) throws -> Ending {
        guard let placed = PlacedOrder(found: found, for: order) else {
            throw ReplayFailure(
                .foreignBooks, "order \(order.id) of invoice \(order.invoice) has lines that the file does not have")
        }
        acknowledged.add(order: order.id)
        return .accepted(placed, dropped: .shortage)
    }
}

extension ServiceCaller.Refused {
    /// The failure of a run that cannot go on after this.
    var failure: ReplayFailure {
        ReplayFailure(.refused, "\(kind.rawValue) was refused, \(reason): \(error.message)")
    }
}
