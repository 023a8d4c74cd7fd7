import GRPCCore
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

    /// Carries out one operation; `placed` is the order that a cancellation names.
    func run(_ operation: ReplayOperation, placed: PlacedOrder?, past: Past) async throws -> OperationOutcome {
        switch operation.action {
        case .receive(let receipt): try await receive(receipt, past: past)
        case .correct(let correction): try await correct(correction, past: past)
        case .place(let order): try await place(order, past: past)
        case .cancel(let cancellation): try await cancel(cancellation, of: placed, past: past)
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
}
