import GRPCCore
import HoldfastAPI
import Replay

/// Carries out single operations, or finds out what became of them in an earlier run.
struct OperationDrive<Transport: ClientTransport>: Sendable {
    /// What is known of the time before this run.
    enum Past: Hashable, Sendable {
        /// The stage was completed by an earlier run: nothing is sent, what is missing was refused.
        case completed
        /// An earlier run may have carried out parts of the stage.
        case maybeBegun
        /// No run has been here.
        case none
    }

    let terminal: ReplayTerminal<Transport>
    let acknowledged: Acknowledgements
    /// What orders are paid with; nil where the replay ends with their capture.
    let tender: ReplayTender?

    /// Carries out one operation; `standing` is that of the order which it names.
    func run(_ operation: ReplayOperation, standing: OrderStanding?, past: Past) async throws -> OperationOutcome {
        switch operation.action {
        case .receive(let receipt): try await receive(receipt, past: past)
        case .correct(let correction): try await correct(correction, past: past)
        case .place(let order): try await place(order, past: past)
        case .cancel(let cancellation): try await cancel(cancellation, of: standing?.placed, past: past)
        case .fulfil(let fulfilment): try await fulfil(fulfilment, standing, past: past)
        case .takeBack(let cancellation):
            // An order of which no goods were accepted was never sent: its services are cancelled.
            if standing?.hasLeft == true {
                try await takeBack(cancellation, of: standing?.placed, past: past)
            } else {
                try await cancel(cancellation, of: standing?.placed, past: past)
            }
        }
    }

    private func receive(_ receipt: GoodsReceipt, past: Past) async throws -> OperationOutcome {
        if past != .completed {
            do {
                try await terminal.receive(receipt)
            } catch let refused as ServiceCaller.Refused {
                throw refused.failure
            }
        }
        return .received(receipt)
    }

    private func correct(_ correction: StockCorrection, past: Past) async throws -> OperationOutcome {
        if past == .completed {
            let isThere = try await terminal.hasMovement(correction.id)
            return .corrected(correction, refused: isThere ? nil : .notOnHand)
        }
        do {
            try await terminal.correct(correction)
            return .corrected(correction, refused: nil)
        } catch let refused as ServiceCaller.Refused {
            if refused.isFault { throw refused.failure }
            let isShort = refused.error.code == .failedPrecondition
            return .corrected(correction, refused: isShort ? .notOnHand : .status(refused.reason))
        }
    }

    private func place(_ order: InvoiceOrder, past: Past) async throws -> OperationOutcome {
        let drive = OrderDrive(terminal: terminal, acknowledged: acknowledged, order: order)
        let ending =
            past == .completed ? try await drive.recall() : try await drive.run(looksFirst: past == .maybeBegun)
        if past != .completed, case .accepted(let placed, _) = ending { try await pay(order.id, order.invoice, placed) }
        return switch ending {
        case .accepted(let placed, let dropped): .accepted(order, placed, dropped: dropped)
        case .refused(let reason): .refused(order, reason)
        }
    }

    private func cancel(
        _ cancellation: OrderCancellation, of placed: PlacedOrder?, past: Past
    ) async throws -> OperationOutcome {
        let fill = CancellationFill(cancellation, of: placed)
        guard let placed, !fill.accepted.isEmpty else { return .cancelled(cancellation, fill, refused: nil) }
        if past == .completed {
            let isThere = placed.causes.contains(cancellation.id.description)
            return .cancelled(cancellation, fill, refused: isThere ? nil : .notOpen)
        }
        do {
            try await terminal.cancel(cancellation, fill.accepted)
            return .cancelled(cancellation, fill, refused: nil)
        } catch let refused as ServiceCaller.Refused {
            if refused.isFault { throw refused.failure }
            let isOpen = refused.error.code != .failedPrecondition
            return .cancelled(cancellation, fill, refused: isOpen ? .status(refused.reason) : .notOpen)
        }
    }

    /// Names what an order is paid with, as far as it costs anything.
    private func pay(_ order: ReplayID, _ number: String, _ placed: PlacedOrder) async throws {
        guard let tender, placed.totalMinor > 0 else { return }
        let request = LifeRequests.tender(ReplayID(.tender, "\(number)/1"), of: order, tender)
        do {
            _ = try await terminal.caller.call(.addTender) {
                try await terminal.payments.addTender(request, options: $0)
            }
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
    }

    private func fulfil(
        _ fulfilment: OrderFulfilment, _ standing: OrderStanding?, past: Past
    ) async throws -> OperationOutcome {
        guard let standing, standing.openGoods > 0 else { return .fulfilled(fulfilment, refused: nil) }
        if past == .completed {
            let isThere = standing.placed.causes.contains(fulfilment.id.description)
            return .fulfilled(fulfilment, refused: isThere ? nil : .notReleased)
        }
        var parcels = FulfilmentDrive<Transport>.Parcels(number: fulfilment.orderInvoice)
        parcels.isGoods = { StockCode(text: ArraySlice($0.utf8))?.isService == false }
        let drive = FulfilmentDrive(
            terminal: terminal, order: fulfilment.orderID, release: fulfilment.id, key: fulfilment.orderInvoice,
            parcels: parcels)
        do {
            return .fulfilled(fulfilment, refused: try await drive.run())
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
    }

    private func takeBack(
        _ cancellation: OrderCancellation, of placed: PlacedOrder?, past: Past
    ) async throws -> OperationOutcome {
        let fill = CancellationFill(cancellation, of: placed)
        guard let placed, !fill.accepted.isEmpty else { return .tookBack(cancellation, fill, refused: nil) }
        if past == .completed {
            let isThere = placed.causes.contains(cancellation.returnID.description)
            return .tookBack(cancellation, fill, refused: isThere ? nil : .notReturnable)
        }
        do {
            let drive = ReturnDrive(
                terminal: terminal, id: cancellation.returnID, key: cancellation.key, order: cancellation.orderID,
                location: ShopNames.location, note: "sent back by \(cancellation.invoice)")
            let refused = try await drive.run(fill.accepted.map { ($0.number, $0.quantity) })
            return .tookBack(cancellation, fill, refused: refused)
        } catch let refused as ServiceCaller.Refused {
            throw refused.failure
        }
    }
}
