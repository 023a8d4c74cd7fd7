import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

extension MutationShop {
    /// A channel with rules, an article without stock, and orders of it.
    func reviewPreparation() throws -> [Mutation] {
        let ids = (0..<3).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "CatalogService/UpsertProducts", id: ids[0],
                Holdfast_V1_UpsertProductsRequest.with { request in
                    request.requestID = ids[0].description
                    request.products = [.with { $0.sku = sku("fee") }]
                }),
            try Mutation(
                "CatalogService/UpsertChannels", id: ids[1],
                Holdfast_V1_UpsertChannelsRequest.with { request in
                    request.requestID = ids[1].description
                    request.channels = [channel(reviewed)]
                    request.channels[0].review.remorseSeconds = 3_600
                }),
            try Mutation("OrderService/PlaceOrder", id: toHold, feeOrder(toHold)),
            try Mutation("OrderService/PlaceOrder", id: heldOrder, feeOrder(heldOrder)),
            try Mutation("OrderService/PlaceOrder", id: toValidate, feeOrder(toValidate, reviewed)),
            try Mutation("OrderReviewService/HoldOrder", id: ids[2], hold(ids[2], heldOrder)),
            try Mutation("OrderService/PlaceOrder", id: toAmend, feeOrder(toAmend)),
            try Mutation("DraftService/SaveDraft", id: toPlace, draft(toPlace, of: toPlace)),
            try Mutation("DraftService/SaveDraft", id: toDiscard, draft(toDiscard, of: toDiscard)),
        ]
    }

    func feeOrder(_ id: EntityID, _ code: String? = nil) -> Holdfast_V1_PlaceOrderRequest {
        var request = order(id, "fee", 2)
        request.lines[0].location = ""
        if let code { request.channel = code }
        return request
    }

    func hold(_ id: EntityID, _ order: EntityID) -> Holdfast_V1_HoldOrderRequest {
        .with {
            $0.holdID = id.description
            $0.orderID = order.description
            $0.detail = "wait"
        }
    }

    func review() throws -> [Mutation] {
        let ids = (0..<4).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "OrderReviewService/HoldOrder", id: ids[0], hold(ids[0], toHold), differs: "detail"
            ) { $0.detail = "wait longer" },
            try Mutation(
                "OrderReviewService/ApproveOrder", id: ids[1],
                Holdfast_V1_ApproveOrderRequest.with {
                    $0.approvalID = ids[1].description
                    $0.orderID = heldOrder.description
                    $0.reasons = [.manual]
                }, differs: "note"
            ) { $0.note = "so be it" },
            try Mutation(
                "OrderReviewService/ValidateOrder", id: ids[2],
                Holdfast_V1_ValidateOrderRequest.with {
                    $0.validationID = ids[2].description
                    $0.orderID = toValidate.description
                }, differs: "order_id"
            ) { $0.orderID = toHold.description },
            try Mutation(
                "OrderReviewService/SetPrices", id: ids[3],
                Holdfast_V1_SetPricesRequest.with { request in
                    request.requestID = ids[3].description
                    request.channel = channel
                    request.prices = [
                        .with {
                            $0.sku = sku("fee")
                            $0.price.currencyCode = "GBP"
                            $0.price.units = 2
                        }
                    ]
                }, differs: "prices[0].price.units"
            ) { $0.prices[0].price.units = 3 },
        ]
    }

    private func draft(_ id: EntityID, of draft: EntityID) -> Holdfast_V1_SaveDraftRequest {
        .with {
            $0.saveID = id.description
            $0.draft.draftID = draft.description
            $0.draft.content = feeOrder(draft)
            $0.draft.content.orderID = ""
        }
    }

    func amendments() throws -> [Mutation] {
        let ids = (0..<3).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "OrderAmendmentService/AmendOrder", id: ids[0],
                Holdfast_V1_AmendOrderRequest.with { request in
                    request.amendmentID = ids[0].description
                    request.orderID = toAmend.description
                    request.change = [
                        .with {
                            $0.lineNumber = 1
                            $0.quantity = 5
                        }
                    ]
                }, differs: "change[0].quantity"
            ) { $0.change[0].quantity = 6 },
            try Mutation(
                "DraftService/SaveDraft", id: ids[1], draft(ids[1], of: .fresh), differs: "draft.note"
            ) { $0.draft.note = "for the fair" },
            try Mutation(
                "DraftService/PlaceDraft", id: toPlace,
                Holdfast_V1_PlaceDraftRequest.with { $0.draftID = toPlace.description }, differs: "revision"
            ) { $0.revision = 1 },
            try Mutation(
                "DraftService/DiscardDraft", id: ids[2],
                Holdfast_V1_DiscardDraftRequest.with {
                    $0.discardID = ids[2].description
                    $0.draftID = toDiscard.description
                }, differs: "draft_id"
            ) { $0.draftID = toPlace.description },
        ]
    }
}
