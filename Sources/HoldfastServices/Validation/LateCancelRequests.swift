import Domain
import HoldfastAPI
import Ledger

/// Requests about wishes to cancel, translated and validated.
enum LateCancelRequests {
    /// What is to be given up; no lines are all.
    static func ask(
        _ request: Holdfast_V1_RequestCancellationRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> (OrderChange, [(number: Int32, quantity: Int64)]) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        let order = validation.id(request.orderID, "order_id")
        validation.text(request.reason, to: OrderRequests.textBound, "reason")
        let lines = OrderRequests.cancelled(request.lines, &validation)
        try validation.finish()
        return (
            OrderChange(
                id: id, order: order, kind: .lateCancel, body: body, caller: caller, reason: request.reason), lines
        )
    }

    /// What is answered to a wish.
    static func respond(
        _ request: Holdfast_V1_RespondCancellationRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> LateCancelAnswer {
        var validation = RequestValidation()
        let id = validation.id(request.responseID, "response_id")
        let wish = validation.id(request.cancellationID, "cancellation_id")
        validation.text(request.answer, to: OrderRequests.textBound, "answer")
        try validation.finish()
        return LateCancelAnswer(
            id: id, wish: wish, event: request.accept ? .accept : .refuse, words: request.answer, body: body,
            caller: caller)
    }

    /// What wish is taken back.
    static func withdraw(
        _ request: Holdfast_V1_WithdrawCancellationRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> LateCancelAnswer {
        var validation = RequestValidation()
        let id = validation.id(request.withdrawalID, "withdrawal_id")
        let wish = validation.id(request.cancellationID, "cancellation_id")
        try validation.finish()
        return LateCancelAnswer(id: id, wish: wish, event: .withdraw, words: "", body: body, caller: caller)
    }
}
