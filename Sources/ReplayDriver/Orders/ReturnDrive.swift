import GRPCCore
import HoldfastAPI
import Replay
import SwiftProtobuf

/// Takes delivered units of one order back: return, receipt, inspection, settlement.
///
/// Every step has an id that is derived from the return's key, as those of `FulfilmentDrive` are. Goods come back as new and are
/// put back on the shelf, and the settlement gives back what was paid for them.
struct ReturnDrive<Transport: ClientTransport>: Sendable {
    let terminal: ReplayTerminal<Transport>
    /// The return's id.
    let id: ReplayID
    /// What ids of the steps are derived from.
    let key: String
    /// The order.
    let order: ReplayID
    /// Where the goods come to.
    let location: String
    /// Why they come back.
    let note: String

    /// Takes all steps with units of lines of the order.
    ///
    /// - Returns: the reason where the service does not grant the return.
    /// - Throws: `ServiceCaller.Refused` where a later step is refused, and as `ServiceCaller.call` does.
    func run(_ lines: [(number: Int32, quantity: Int64)]) async throws -> RefusalReason? {
        try await awaitCapture()
        let ask = LifeRequests.takeBack(id, of: order, lines: lines, note: note)
        let granted: Holdfast_V1_Return
        do {
            granted = try await terminal.caller.call(.createReturn) {
                try await terminal.returns.createReturn(ask, options: $0)
            }.returnOrder
        } catch let refused as ServiceCaller.Refused where !refused.isFault {
            return refused.error.code == .failedPrecondition ? .notReturnable : .status(refused.reason)
        }
        let receipt = LifeRequests.receipt(step("receive"), of: granted, at: location)
        _ = try await terminal.caller.call(.receiveReturn) {
            try await terminal.returns.receiveReturn(receipt, options: $0)
        }
        let inspection = LifeRequests.inspection(step("inspect"), of: granted)
        let inspected = try await terminal.caller.call(.inspectReturn) {
            try await terminal.returns.inspectReturn(inspection, options: $0)
        }.returnOrder
        guard inspected.refund.amountMinor > 0 else { return nil }
        if inspected.state != .settled {
            let settlement = Holdfast_V1_SettleReturnRequest.with {
                $0.settlementID = step("settle").description
                $0.returnID = granted.returnID
                $0.settlement = .original
            }
            _ = try await terminal.caller.call(.settleReturn) {
                try await terminal.returns.settleReturn(settlement, options: $0)
            }
        }
        return nil
    }

    /// Waits until what the order has earned is taken of its tenders: what is not taken yet cannot be given back.
    private func awaitCapture() async throws {
        let request = Holdfast_V1_GetPaymentsRequest.with { $0.orderID = order.description }
        let clock = ContinuousClock()
        let end = clock.now + terminal.caller.patience.total
        var pause = terminal.caller.patience.firstPause
        while true {
            let payments = try await terminal.caller.call(.getPayments) {
                try await terminal.payments.getPayments(request, options: $0)
            }
            let due = min(payments.owed.amountMinor, payments.earned.amountMinor)
            let isOpen = payments.attempts.contains { $0.state == .prepared || $0.state == .unknown }
            let kept = payments.taken.amountMinor - payments.givenBack.amountMinor
            if payments.tenders.isEmpty || !isOpen && (kept >= due || payments.held.amountMinor == 0) { return }
            guard clock.now < end else {
                throw ReplayFailure(
                    .unanswered, "what order \(order) has earned was not taken for \(terminal.caller.patience.total)")
            }
            try await clock.sleep(for: pause)
            pause = min(pause * 2, terminal.caller.patience.longestPause)
        }
    }

    private func step(_ name: String) -> ReplayID { ReplayID(.takeBack, "\(key)/\(name)") }
}
