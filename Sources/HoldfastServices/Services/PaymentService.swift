import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderProcessing
import OrderPromising
import SwiftProtobuf

/// What orders are paid with.
public struct PaymentService: Holdfast_V1_PaymentService.SimpleServiceProtocol {
    let payments: Payments
    let ledger: Ledger
    let answer: CallAnswer

    /// Makes the service over order processing and its ledger.
    public init(processing: OrderProcessing, logger: Logger) {
        payments = processing.payments
        ledger = processing.ledger
        answer = CallAnswer(logger: logger, metrics: processing.promising.metrics)
    }

    /// Names a tender.
    public func addTender(
        request: Holdfast_V1_AddTenderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_AddTenderResponse {
        let body = try IdempotentBody(.addTender, PaymentRequests.stored(request)).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PaymentRequests.add(request, body: body, by: CallerContext.current)
            let reply = try await payments.add(asked)
            return .with {
                $0.tenderNumber = Int32(reply.tender)
                $0.amount = Holdfast_V1_Money(reply.amount, reply.currency)
                $0.attempts = reply.attempts
            }
        }
    }

    /// Asks the gateway to hold a tender's amount.
    public func authorizeTender(
        request: Holdfast_V1_AuthorizeTenderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_AuthorizeTenderResponse {
        let body = try IdempotentBody(.authorizeTender, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PaymentRequests.authorize(request, body: body, by: CallerContext.current)
            let reply = try await payments.authorize(asked.change, tender: asked.tender)
            return .with { $0.attempts = reply.attempts }
        }
    }

    /// Takes a part of what a tender holds.
    public func captureTender(
        request: Holdfast_V1_CaptureTenderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CaptureTenderResponse {
        let body = try IdempotentBody(.captureTender, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PaymentRequests.capture(request, body: body, by: CallerContext.current)
            let reply = try await payments.capture(asked.change, tender: asked.tender, amount: asked.amount)
            return .with { $0.attempts = reply.attempts }
        }
    }

    /// Lets go what a tender holds.
    public func voidTender(
        request: Holdfast_V1_VoidTenderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_VoidTenderResponse {
        let body = try IdempotentBody(.voidTender, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PaymentRequests.void(request, body: body, by: CallerContext.current)
            let reply = try await payments.void(asked.change, tender: asked.tender)
            return .with { $0.attempts = reply.attempts }
        }
    }

    /// Gives an amount back.
    public func refundOrder(
        request: Holdfast_V1_RefundOrderRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RefundOrderResponse {
        let body = try IdempotentBody(.refundOrder, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PaymentRequests.refund(request, body: body, by: CallerContext.current)
            let reply = try await payments.refund(
                asked.change, amount: asked.amount, tender: asked.tender, goodwill: asked.goodwill)
            return .with { $0.attempts = reply.attempts }
        }
    }

    /// Returns the payments of an order.
    public func getPayments(
        request: Holdfast_V1_GetPaymentsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetPaymentsResponse {
        try await answer.answering(context) {
            let order = try PaymentRequests.order(request)
            let caller = CallerContext.current
            guard let book = try await ledger.payments(of: order, within: caller.scope) else {
                throw Refusal.missing(.order, "\(order)", for: caller)
            }
            return Holdfast_V1_GetPaymentsResponse(book)
        }
    }

    /// Asks the gateway about an attempt that it has news of.
    public func reportGatewayEvent(
        request: Holdfast_V1_ReportGatewayEventRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReportGatewayEventResponse {
        try await answer.answering(context) {
            let attempt = try PaymentRequests.attempt(request)
            let reply = try await payments.look(at: attempt, within: CallerContext.current.scope)
            return .with {
                $0.orderID = reply.order.description
                if let attempt = reply.attempts.first { $0.attempt = attempt }
            }
        }
    }

    /// Lists attempts whose outcome is not known, the oldest first.
    public func listOpenAttempts(
        request: Holdfast_V1_ListOpenAttemptsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListOpenAttemptsResponse {
        try await answer.answering(context) {
            let (asked, olderThan) = try ListRequests.openAttempts(request)
            let page = try await ledger.openAttempts(
                olderThan: olderThan, after: asked.after, limit: asked.limit, within: CallerContext.current.scope)
            return .with {
                $0.attempts = page.elements.map { call in
                    .with {
                        $0.orderID = call.attempt.order.description
                        $0.attempt = Holdfast_V1_PaymentAttempt(call.attempt, call.currency)
                    }
                }
                $0.nextPageToken = asked.next(page) { OrderKey(placedAt: $0.attempt.madeAt, id: $0.attempt.id) }
            }
        }
    }

    /// Records what somebody says of an attempt who has looked at the gateway's own books.
    public func resolveAttempt(
        request: Holdfast_V1_ResolveAttemptRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ResolveAttemptResponse {
        let body = try IdempotentBody(.resolveAttempt, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PaymentRequests.resolve(request)
            let caller = CallerContext.current
            let reply = try await payments.resolve(asked.attempt, asked.outcome, within: caller.scope) { order in
                PaymentRequests.change(asked.id, order, body, caller, reason: request.reason)
            }
            return .with {
                $0.orderID = reply.order.description
                if let attempt = reply.attempts.first { $0.attempt = attempt }
            }
        }
    }
}
