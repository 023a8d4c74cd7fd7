import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// What became of an order of the Olist layout.
struct OlistOutcome: Sendable {
    /// The order.
    let sale: OlistSale
    /// Why the service does not have it; nil where it does.
    var refused: RefusalReason?
    /// Why it was not sent, or did not come back, though it should; nil where it did.
    var held: RefusalReason?
    /// How it was sourced; nil where the file's seller served it unasked.
    var sourcing: Sourcing?

    /// What became of the question which seller serves an order.
    struct Sourcing: Sendable {
        /// True where there was a plan and it was carried out.
        var isCarriedOut = false
        /// True where it names the sellers that the file names.
        var isAsSold = false
        /// Units that it moved to another seller.
        var moved: Int64 = 0
    }
}

/// Brings one order of the Olist layout through its life: placed, paid, sourced, sent or cancelled, delivered, taken back.
///
/// Every call has an id that is derived from the order's, so a run that follows another over the same orders, broken off or
/// not, is answered as that one was and changes nothing.
struct OlistDrive<Transport: ClientTransport>: Sendable {
    let terminal: ReplayTerminal<Transport>
    let acknowledged: Acknowledgements
    /// The articles by id.
    let products: [String: OlistProduct]

    private static var mostPlans: Int { 3 }

    /// Brings an order as far as it goes; throws `ServiceCaller.Refused` where a step is refused that must not be, and as
    /// `ServiceCaller.call` does.
    func run(_ sale: OlistSale) async throws -> OlistOutcome {
        var outcome = OlistOutcome(sale: sale)
        do {
            _ = try await terminal.place(OlistRequests.order(sale))
        } catch let refused as ServiceCaller.Refused where !refused.isFault {
            outcome.refused =
                switch refused.error.code {
                case .failedPrecondition: .shortage
                case .alreadyExists: .numberTaken
                default: .status(refused.reason)
                }
            return outcome
        }
        acknowledged.add(order: sale.id)
        try await pay(sale)
        if sale.isSourced, sale.end != .cancelled { outcome.sourcing = try await source(sale) }
        switch sale.end {
        case .paid: break
        case .cancelled: try await cancel(sale)
        case .acknowledged, .shipped, .delivered: outcome.held = try await send(sale)
        case .returned:
            outcome.held = try await send(sale)
            if outcome.held == nil { outcome.held = try await takeBack(sale) }
        }
        return outcome
    }

    private func pay(_ sale: OlistSale) async throws {
        for tender in sale.tenders {
            if tender.kind == .voucher {
                let issue = OlistRequests.issue(tender, to: sale.order.customer.person)
                _ = try await terminal.caller.call(.issueStoredValue) {
                    try await terminal.payments.issueStoredValue(issue, options: $0)
                }
            }
            let request = OlistRequests.tender(tender, of: sale)
            _ = try await terminal.caller.call(.addTender) {
                try await terminal.payments.addTender(request, options: $0)
            }
        }
    }

    /// Asks which sellers serve the order, and has it so; again where the stock of the plan is gone meanwhile.
    private func source(_ sale: OlistSale) async throws -> OlistOutcome.Sourcing {
        var sourcing = OlistOutcome.Sourcing()
        for attempt in 0..<Self.mostPlans {
            let ask = Holdfast_V1_PlanSourcingRequest.with {
                $0.planID = ReplayID(.order, "olist/\(sale.order.id)/plan/\(attempt)").description
                $0.orderID = sale.id.description
                $0.config = OlistRequests.sourcing
            }
            let plan: Holdfast_V1_SourcingPlan
            do {
                plan = try await terminal.caller.call(.planSourcing) {
                    try await terminal.sourcing.planSourcing(ask, options: $0)
                }.plan
            } catch let refused as ServiceCaller.Refused where refused.error.code == .failedPrecondition {
                // Its units have been given to sellers by an earlier run that had no plan for it.
                return sourcing
            }
            guard plan.status == "OPTIMAL" || plan.status == "FEASIBLE", plan.unsourced.isEmpty else { return sourcing }
            let commit = Holdfast_V1_CommitSourcingRequest.with {
                $0.commitID = ReplayID(.order, "olist/\(sale.order.id)/commit/\(attempt)").description
                $0.planID = plan.planID
            }
            do {
                let answer = try await terminal.caller.call(.commitSourcing) {
                    try await terminal.sourcing.commitSourcing(commit, options: $0)
                }
                sourcing.isCarriedOut = true
                sourcing.moved = answer.moved
                sourcing.isAsSold = Set(plan.shipments.map(\.location)) == Set(sale.order.items.map(\.seller))
                return sourcing
            } catch let refused as ServiceCaller.Refused where refused.error.code == .failedPrecondition {
                continue
            }
        }
        return sourcing
    }

    private func cancel(_ sale: OlistSale) async throws {
        let request = Holdfast_V1_CancelOrderRequest.with {
            $0.cancellationID = ReplayID(.cancellation, "olist/\(sale.order.id)").description
            $0.orderID = sale.id.description
            $0.reason = sale.order.status.rawValue
        }
        _ = try await terminal.caller.call(.cancelOrder) {
            try await terminal.orders.cancelOrder(request, options: $0)
        }
    }

    private func send(_ sale: OlistSale) async throws -> RefusalReason? {
        var parcels = FulfilmentDrive<Transport>.Parcels(number: sale.order.id)
        let known = products
        parcels.grams = { known[$0]?.grams ?? 0 }
        parcels.leave = sale.end != .acknowledged
        parcels.arrive = sale.end == .delivered || sale.end == .returned
        let drive = FulfilmentDrive(
            terminal: terminal, order: sale.id, release: ReplayID(.release, "olist/\(sale.order.id)"),
            key: "olist/\(sale.order.id)", parcels: parcels)
        return try await drive.run()
    }

    private func takeBack(_ sale: OlistSale) async throws -> RefusalReason? {
        let key = "olist/\(sale.order.id)"
        let drive = ReturnDrive(
            terminal: terminal, id: ReplayID(.takeBack, key), key: key, order: sale.id,
            location: sale.order.items[0].seller, note: sale.order.status.rawValue)
        return try await drive.run(
            sale.lines.enumerated().map { (number: Int32($0.offset + 1), quantity: $0.element.quantity) })
    }
}
