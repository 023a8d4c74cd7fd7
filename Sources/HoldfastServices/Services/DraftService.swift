import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Orders that are being written, and quotes.
public struct DraftService: Holdfast_V1_DraftService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    private var ledger: Ledger { promising.ledger }

    /// Makes the service over order promising.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Stores a draft.
    public func saveDraft(
        request: Holdfast_V1_SaveDraftRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SaveDraftResponse {
        let body = try IdempotentBody(.saveDraft, request).bytes
        return try await answer.answering(context, body: body) {
            let draft = try DraftRequests.save(request, body: body, by: CallerContext.current)
            let reply = try await ledger.saveDraft(draft) { saved in
                try Holdfast_V1_SaveDraftResponse.with { $0.draft = try Holdfast_V1_Draft(saved) }.serializedBytes()
            }
            return try Holdfast_V1_SaveDraftResponse(serializedBytes: reply)
        }
    }

    /// Returns one draft.
    public func getDraft(
        request: Holdfast_V1_GetDraftRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetDraftResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let id = try DraftRequests.name(request.draftID)
            guard let draft = try await ledger.draft(id) else {
                throw Refusal.missing(.draft, id.description, for: caller)
            }
            try caller.scope.admit(channel: draft.channel)
            return try .with { $0.draft = try Holdfast_V1_Draft(draft) }
        }
    }

    /// Lists drafts.
    public func listDrafts(
        request: Holdfast_V1_ListDraftsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListDraftsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.drafts(request, by: CallerContext.current)
            let page = try await ledger.drafts(filter, before: asked.after, limit: asked.limit)
            return try .with {
                $0.drafts = try page.elements.map { try Holdfast_V1_Draft($0) }
                $0.nextPageToken = asked.next(page) { OrderKey(placedAt: $0.savedAt, id: $0.id) }
            }
        }
    }

    /// Places a draft: the order has the draft's id, so that placing it again finds the same order.
    ///
    /// From the first step on nobody can change the draft. A crash before the capture leaves it so, and whoever places it again
    /// goes on; a crash after it too, and whoever places it again finds the order. Where nobody does, order processing ends the
    /// attempt. An order that is surely refused opens the draft again, unless another attempt has placed it.
    public func placeDraft(
        request: Holdfast_V1_PlaceDraftRequest, context: ServerContext
    ) async throws -> Holdfast_V1_PlaceDraftResponse {
        let body = try IdempotentBody(.placeDraft, request).bytes
        return try await answer.answering(context, body: body) {
            let caller = CallerContext.current
            let id = try DraftRequests.place(request)
            let (stored, begun) = try await ledger.beginPlacing(
                id, revision: request.revision, body: body, caller: caller)
            if let stored { return try Holdfast_V1_PlaceDraftResponse(serializedBytes: stored) }
            guard let attempt = begun else { throw Refusal.notFound(.draft, id.description) }
            let placed: Holdfast_V1_PlaceOrderResponse
            do {
                placed = try await order(from: attempt.draft, by: caller, context)
            } catch let refusal as Refusal where !refusal.leavesDoubt {
                guard try await ledger.endAttempt(id, attempt: attempt.number) == .placed else { throw refusal }
                placed = try await order(from: attempt.draft, by: caller, context)
            }
            let reply = try await ledger.endPlacing(
                attempt, body: body,
                reply: try Holdfast_V1_PlaceDraftResponse.with { $0.order = placed }.serializedBytes(),
                caller: caller)
            return try Holdfast_V1_PlaceDraftResponse(serializedBytes: reply)
        }
    }

    /// Places the order that a draft has.
    private func order(
        from draft: OrderDraft, by caller: Caller, _ context: ServerContext
    ) async throws -> Holdfast_V1_PlaceOrderResponse {
        var content = try Holdfast_V1_PlaceOrderRequest(serializedBytes: draft.content)
        content.orderID = draft.id.description
        var order = try OrderRequests.place(content, body: try IdempotentBody(.placeOrder, content).bytes, by: caller)
        order.draftRevision = draft.revision
        return Holdfast_V1_PlaceOrderResponse(try await promising.place(order, deadline: context.deadline))
    }

    /// Gives a draft up.
    public func discardDraft(
        request: Holdfast_V1_DiscardDraftRequest, context: ServerContext
    ) async throws -> Holdfast_V1_DiscardDraftResponse {
        let body = try IdempotentBody(.discardDraft, request).bytes
        let caller = CallerContext.current
        return try await answer.answering(context, body: body) {
            let (id, draft) = try DraftRequests.discard(request)
            let reply = try await ledger.discardDraft(draft, id: id, body: body, caller: caller) { discarded in
                try Holdfast_V1_DiscardDraftResponse.with {
                    $0.draft = try Holdfast_V1_Draft(discarded)
                }.serializedBytes()
            }
            return try Holdfast_V1_DiscardDraftResponse(serializedBytes: reply)
        }
    }
}

extension Refusal {
    /// Whether the order may stand all the same, or be decided by a retry.
    fileprivate var leavesDoubt: Bool {
        switch self {
        case .outcomeUnknown, .unavailable, .exhausted, .deadlineExceeded: true
        default: false
        }
    }
}
