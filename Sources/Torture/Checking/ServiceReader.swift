import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// Reads through the service's own interface what a run has left.
struct ServiceReader: Sendable {
    let desk: ServiceDesk

    /// Questions that are asked at the same time.
    private static let lanes = 16

    private enum Found: Sendable {
        case reservation(String, LedgerFacts.Reservation?)
        case order(String, LedgerFacts.Order?)
        case movements([(cause: String, movement: LedgerFacts.Movement)])
    }

    private enum Question: Sendable {
        case reservation(String)
        case order(String)
        case movements(String)
    }

    /// Reads what stands under the keys, and every movement of the articles.
    func facts(of keys: [KeyHistory], skus: [String]) async throws -> LedgerFacts {
        let questions =
            keys.compactMap { key -> Question? in
                switch key.key.space {
                case .reservation: .reservation(key.key.id)
                case .order: .order(key.key.id)
                default: nil
                }
            } + skus.map { .movements($0) }
        var facts = LedgerFacts()
        try await withThrowingTaskGroup(of: [Found].self) { group in
            for lane in 0..<Self.lanes {
                group.addTask {
                    var found: [Found] = []
                    for index in stride(from: lane, to: questions.count, by: Self.lanes) {
                        found.append(try await answer(questions[index], on: index))
                    }
                    return found
                }
            }
            for try await found in group {
                for item in found {
                    switch item {
                    case .reservation(let id, let reservation): facts.reservations[id] = reservation
                    case .order(let id, let order): facts.orders[id] = order
                    case .movements(let moved):
                        for (cause, movement) in moved { facts.movements[cause, default: []].append(movement) }
                    }
                }
            }
        }
        return facts
    }

    private func answer(_ question: Question, on server: Int) async throws -> Found {
        switch question {
        case .reservation(let id): .reservation(id, try await reservation(id, on: server))
        case .order(let id): .order(id, try await order(id, on: server))
        case .movements(let sku): .movements(try await movements(of: sku, on: server))
        }
    }

    private func reservation(_ id: String, on server: Int) async throws -> LedgerFacts.Reservation? {
        do {
            let answer: Holdfast_V1_GetReservationResponse = try await desk.ask(
                "ReservationService", "GetReservation",
                Holdfast_V1_GetReservationRequest.with { $0.reservationID = id }, on: server)
            let reservation = answer.reservation
            let state: LedgerFacts.Reservation.State =
                switch reservation.state {
                case .confirmed: .confirmed
                case .released: .released
                case .expired: .expired
                case .voided: .voided
                default: .held
                }
            return LedgerFacts.Reservation(
                state: state, channel: reservation.channel,
                lines: reservation.lines.map { line in
                    (
                        line.sku, line.quantity,
                        line.allocations.map { .init(location: $0.location, quantity: $0.quantity) }
                    )
                }, order: reservation.orderID)
        } catch let error as RPCError where error.code == .notFound {
            return nil
        }
    }

    private func order(_ id: String, on server: Int) async throws -> LedgerFacts.Order? {
        do {
            let answer: Holdfast_V1_GetOrderResponse = try await desk.ask(
                "OrderService", "GetOrder", Holdfast_V1_GetOrderRequest.with { $0.orderID = id }, on: server)
            let order = answer.order
            return LedgerFacts.Order(
                channel: order.channel, externalID: order.externalID, lines: order.lines.map { Self.line($0) },
                subtotalMinor: order.subtotal.amountMinor, addedTaxMinor: order.addedTax.amountMinor,
                reservation: order.reservationID,
                events: order.events.map { (Int($0.sequence), $0.type, $0.causeID) })
        } catch let error as RPCError where error.code == .notFound {
            return nil
        }
    }

    private static func line(_ line: Holdfast_V1_OrderLine) -> LedgerFacts.Order.Line {
        func units(_ status: Holdfast_V1_LineStatus) -> Int64 {
            line.quantities.filter { $0.status == status }.reduce(0) { $0 + $1.quantity }
        }
        return LedgerFacts.Order.Line(
            sku: line.sku, quantity: line.quantity, amountMinor: line.amount.amountMinor, allocated: units(.allocated),
            delivered: units(.delivered), cancelled: units(.cancelled),
            later: Dictionary(
                line.quantities.filter { $0.status.rawValue > 3 && $0.quantity != 0 }.map {
                    (Int16($0.status.rawValue), $0.quantity)
                }, uniquingKeysWith: +), captured: nil)
    }

    private func movements(
        of sku: String, on server: Int
    ) async throws -> [(cause: String, movement: LedgerFacts.Movement)] {
        var moved: [(cause: String, movement: LedgerFacts.Movement)] = []
        var page = ""
        repeat {
            let token = page
            let answer: Holdfast_V1_ListMovementsResponse = try await desk.ask(
                "InventoryService", "ListMovements",
                Holdfast_V1_ListMovementsRequest.with {
                    $0.sku = sku
                    $0.pageSize = 1_000
                    $0.pageToken = token
                }, on: server)
            moved += answer.movements.map {
                (
                    $0.causeID,
                    LedgerFacts.Movement(
                        sku: $0.sku, location: $0.location, onHand: $0.onHandDelta, safety: $0.safetyDelta,
                        allocated: $0.allocatedDelta, sequence: $0.sequence)
                )
            }
            page = answer.nextPageToken
        } while !page.isEmpty
        return moved
    }
}
