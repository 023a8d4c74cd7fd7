import Domain
import HoldfastAPI
import SwiftProtobuf

/// Requests about drafts, translated and validated.
enum DraftRequests {
    /// Most bytes of a note.
    static let noteBound = 1_000

    /// What is to be stored.
    static func save(
        _ request: Holdfast_V1_SaveDraftRequest, body: [UInt8], by caller: Caller
    ) throws -> DraftRequest {
        var validation = RequestValidation()
        let id = validation.id(request.saveID, "save_id")
        let draft = validation.id(request.draft.draftID, "draft.draft_id")
        validation.number(request.expectedRevision, in: 0...Int32.max, "expected_revision")
        validation.text(request.draft.note, to: noteBound, "draft.note")
        let validUntil =
            request.draft.hasValidUntil ? validation.instant(request.draft.validUntil, "draft.valid_until") : nil
        if request.draft.state != .unspecified { validation.refuse("draft.state", "is set by the server") }
        if request.draft.revision != 0 { validation.refuse("draft.revision", "is set by the server") }
        if request.draft.hasSavedAt { validation.refuse("draft.saved_at", "is set by the server") }
        let content = request.draft.content
        if !content.orderID.isEmpty {
            validation.refuse("draft.content.order_id", "must be empty: it is the draft's id")
        }
        if !content.reservationID.isEmpty {
            validation.refuse("draft.content.reservation_id", "must be empty: a draft holds no stock")
        }
        if content.goodsInHand {
            validation.refuse("draft.content.goods_in_hand", "must be false: goods in hand are sold, not planned")
        }
        check(content, &validation)
        try validation.finish()
        try caller.scope.admit(channel: content.channel)
        return DraftRequest(
            id: id, draft: draft, channel: content.channel, content: try content.serializedBytes(),
            note: request.draft.note, validUntil: validUntil, expectedRevision: request.expectedRevision, body: body,
            caller: caller)
    }

    /// Checks the content as an order, but for what may be missing until it is placed.
    private static func check(_ content: Holdfast_V1_PlaceOrderRequest, _ validation: inout RequestValidation) {
        var order = content
        order.orderID = EntityID(high: 0, low: 0).description
        order.reservationID = ""
        order.goodsInHand = false
        if order.externalID.isEmpty { order.externalID = "later" }
        do throws(Refusal) {
            _ = try OrderRequests.place(order, body: [], by: .anonymous)
        } catch {
            guard case .invalid(let violations) = error else { return }
            for violation in violations {
                validation.refuse("draft.content.\(violation.field)", violation.description)
            }
        }
    }

    /// The draft that is asked for.
    static func name(_ draft: String) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let id = validation.id(draft, "draft_id")
        try validation.finish()
        return id
    }

    /// The draft that is to be placed.
    static func place(_ request: Holdfast_V1_PlaceDraftRequest) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let id = validation.id(request.draftID, "draft_id")
        validation.number(request.revision, in: 0...Int32.max, "revision")
        try validation.finish()
        return id
    }

    /// The draft that is given up, with the caller's id.
    static func discard(_ request: Holdfast_V1_DiscardDraftRequest) throws(Refusal) -> (EntityID, EntityID) {
        var validation = RequestValidation()
        let id = validation.id(request.discardID, "discard_id")
        let draft = validation.id(request.draftID, "draft_id")
        try validation.finish()
        return (id, draft)
    }
}
