import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

extension ScopeShop {
    /// Cases of reservations, of orders, their review, changes and drafts.
    func orderCases() throws -> [String: ScopeCase] {
        let unknown = EntityID.fresh
        return [
            "holdfast.v1.ReservationService/Reserve": (
                try ScopeShop.reserve(),
                [
                    try ScopeShop.reserve(.fresh, "shop"), try ScopeShop.reserve(.fresh, "nowhere"),
                    try ScopeShop.reserve(.fresh, "web", "L2"), try ScopeShop.reserve(.fresh, "web", "NOPE"),
                ]
            ),
            "holdfast.v1.ReservationService/ExtendReservation": try held { id in
                try bytes(
                    Holdfast_V1_ExtendReservationRequest.with {
                        $0.extensionID = EntityID.fresh.description
                        $0.reservationID = id.description
                        $0.ttl = Google_Protobuf_Duration(seconds: 600)
                    })
            },
            "holdfast.v1.ReservationService/GetReservation": try held { id in
                try bytes(Holdfast_V1_GetReservationRequest.with { $0.reservationID = id.description })
            },
            "holdfast.v1.ReservationService/ReleaseReservation": try held { id in
                try bytes(Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = id.description })
            },
            "holdfast.v1.OrderService/PlaceOrder": (
                try ScopeShop.place(),
                [
                    try ScopeShop.place(.fresh, "shop"), try ScopeShop.place(.fresh, "nowhere"),
                    try ScopeShop.place(.fresh, "web", "L2"), try ScopeShop.place(.fresh, "web", "NOPE"),
                    try ScopeShop.place(reservation: others.reservation), try ScopeShop.place(reservation: unknown),
                ]
            ),
            "holdfast.v1.OrderService/GetOrder": (
                try bytes(Holdfast_V1_GetOrderRequest.with { $0.orderID = mine.order.description }),
                [
                    try bytes(Holdfast_V1_GetOrderRequest.with { $0.orderID = others.order.description }),
                    try bytes(Holdfast_V1_GetOrderRequest.with { $0.orderID = unknown.description }),
                    try bytes(number("shop", others.order)), try bytes(number("shop", unknown)),
                    try bytes(number("nowhere", unknown)),
                ]
            ),
            "holdfast.v1.OrderService/ListOrders": (
                [],
                [
                    try bytes(Holdfast_V1_ListOrdersRequest.with { $0.channel = "shop" }),
                    try bytes(Holdfast_V1_ListOrdersRequest.with { $0.channel = "nowhere" }),
                ]
            ),
            "holdfast.v1.OrderAmendmentService/AmendOrder": try ordered { id in
                try bytes(
                    Holdfast_V1_AmendOrderRequest.with {
                        $0.amendmentID = EntityID.fresh.description
                        $0.orderID = id.description
                        $0.change = [
                            .with {
                                $0.lineNumber = 1
                                $0.quantity = 2
                            }
                        ]
                    })
            },
            "holdfast.v1.LateCancellationService/RequestCancellation": try ordered { id in
                try bytes(
                    Holdfast_V1_RequestCancellationRequest.with {
                        $0.requestID = EntityID.fresh.description
                        $0.orderID = id.description
                    })
            },
            "holdfast.v1.LateCancellationService/RespondCancellation": (
                [],
                [
                    try bytes(
                        Holdfast_V1_RespondCancellationRequest.with {
                            $0.responseID = EntityID.fresh.description
                            $0.cancellationID = unknown.description
                        })
                ]
            ),
            "holdfast.v1.LateCancellationService/WithdrawCancellation": (
                [],
                [
                    try bytes(
                        Holdfast_V1_WithdrawCancellationRequest.with {
                            $0.withdrawalID = EntityID.fresh.description
                            $0.cancellationID = unknown.description
                        })
                ]
            ),
            "holdfast.v1.LateCancellationService/ListCancellations": (
                [],
                try ["L2", "NOPE"].map { place in
                    try bytes(Holdfast_V1_ListCancellationsRequest.with { $0.location = place })
                }
            ),
            "holdfast.v1.DraftService/SaveDraft": try priced { channel in
                try bytes(
                    Holdfast_V1_SaveDraftRequest.with {
                        $0.saveID = EntityID.fresh.description
                        $0.draft.draftID = EntityID.fresh.description
                        $0.draft.content.channel = channel
                        $0.draft.content.lines = [
                            .with {
                                $0.sku = "A"
                                $0.quantity = 1
                                $0.unitPrice.currencyCode = "GBP"
                            }
                        ]
                    })
            },
            "holdfast.v1.DraftService/GetDraft": (
                [], [try bytes(Holdfast_V1_GetDraftRequest.with { $0.draftID = unknown.description })]
            ),
            "holdfast.v1.DraftService/ListDrafts": (
                [],
                try ["shop", "nowhere"].map { channel in
                    try bytes(Holdfast_V1_ListDraftsRequest.with { $0.channel = channel })
                }
            ),
            "holdfast.v1.DraftService/PlaceDraft": (
                [], [try bytes(Holdfast_V1_PlaceDraftRequest.with { $0.draftID = unknown.description })]
            ),
            "holdfast.v1.DraftService/DiscardDraft": (
                [],
                [
                    try bytes(
                        Holdfast_V1_DiscardDraftRequest.with {
                            $0.discardID = EntityID.fresh.description
                            $0.draftID = unknown.description
                        })
                ]
            ),
            "holdfast.v1.OrderReviewService/HoldOrder": try ordered { id in
                try bytes(
                    Holdfast_V1_HoldOrderRequest.with {
                        $0.holdID = EntityID.fresh.description
                        $0.orderID = id.description
                        $0.detail = "wait"
                    })
            },
            "holdfast.v1.OrderReviewService/ApproveOrder": try ordered { id in
                try bytes(
                    Holdfast_V1_ApproveOrderRequest.with {
                        $0.approvalID = EntityID.fresh.description
                        $0.orderID = id.description
                    })
            },
            "holdfast.v1.OrderReviewService/ValidateOrder": try ordered { id in
                try bytes(
                    Holdfast_V1_ValidateOrderRequest.with {
                        $0.validationID = EntityID.fresh.description
                        $0.orderID = id.description
                    })
            },
            "holdfast.v1.OrderReviewService/ListHolds": (
                [],
                try ["shop", "nowhere"].map { channel in
                    try bytes(Holdfast_V1_ListHoldsRequest.with { $0.channel = channel })
                }
            ),
            "holdfast.v1.OrderReviewService/SetPrices": try priced { channel in
                try bytes(
                    Holdfast_V1_SetPricesRequest.with {
                        $0.requestID = EntityID.fresh.description
                        $0.channel = channel
                        $0.prices = [.with { $0.sku = "A" }]
                    })
            },
            "holdfast.v1.OrderReviewService/ListPrices": try priced { channel in
                try bytes(Holdfast_V1_ListPricesRequest.with { $0.channel = channel })
            },
            "holdfast.v1.OrderService/CancelOrder": (
                try bytes(cancel(mine.order)), [try bytes(cancel(others.order)), try bytes(cancel(unknown))]
            ),
        ]
    }

    private func number(_ channel: String, _ order: EntityID) -> Holdfast_V1_GetOrderRequest {
        .with {
            $0.channel = channel
            $0.externalID = order.description
        }
    }

    private func cancel(_ order: EntityID) -> Holdfast_V1_CancelOrderRequest {
        .with {
            $0.cancellationID = EntityID.fresh.description
            $0.orderID = order.description
        }
    }
}
