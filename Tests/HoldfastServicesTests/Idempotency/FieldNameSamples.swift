import HoldfastAPI
import SwiftProtobuf

@testable import HoldfastServices

/// A method, an empty request of it, and fields of that in their JSON form with the paths by which they are told.
typealias FieldNameSample = (IdempotentMethod, any Message, [(json: String, path: String)])

/// Requests with each of their fields set.
enum FieldNameSamples {
    /// Those of stock and the catalogue, of orders and of payments.
    static var all: [FieldNameSample] { stock + orders + payments }

    /// Stock and the catalogue.
    private static var stock: [FieldNameSample] {
        [
            (
                .receiveStock, Holdfast_V1_ReceiveStockRequest(),
                [
                    (#"{"movementId":"x"}"#, "movement_id"), (#"{"lines":[{}]}"#, "lines[0]"),
                    (#"{"reference":"x"}"#, "reference"),
                ]
            ),
            (
                .adjustStock, Holdfast_V1_AdjustStockRequest(),
                [
                    (#"{"movementId":"x"}"#, "movement_id"), (#"{"lines":[{}]}"#, "lines[0]"),
                    (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .countStock, Holdfast_V1_CountStockRequest(),
                [
                    (#"{"movementId":"x"}"#, "movement_id"), (#"{"lines":[{}]}"#, "lines[0]"),
                    (#"{"reference":"x"}"#, "reference"),
                ]
            ),
            (
                .transferStock, Holdfast_V1_TransferStockRequest(),
                [
                    (#"{"movementId":"x"}"#, "movement_id"), (#"{"fromLocation":"x"}"#, "from_location"),
                    (#"{"toLocation":"x"}"#, "to_location"), (#"{"lines":[{}]}"#, "lines[0]"),
                    (#"{"reference":"x"}"#, "reference"),
                ]
            ),
            (
                .setStockPolicy, Holdfast_V1_SetStockPolicyRequest(),
                [
                    (#"{"movementId":"x"}"#, "movement_id"), (#"{"lines":[{}]}"#, "lines[0]"),
                ]
            ),
            (
                .upsertProducts, Holdfast_V1_UpsertProductsRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"products":[{}]}"#, "products[0]"),
                ]
            ),
            (
                .upsertLocations, Holdfast_V1_UpsertLocationsRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"locations":[{}]}"#, "locations[0]"),
                ]
            ),
            (
                .upsertChannels, Holdfast_V1_UpsertChannelsRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"channels":[{}]}"#, "channels[0]"),
                ]
            ),
        ]
    }

    /// Reservations, orders, their review and changes, drafts, customers, API keys.
    private static var orders: [FieldNameSample] {
        [
            (
                .reserve, Holdfast_V1_ReserveRequest(),
                [
                    (#"{"reservationId":"x"}"#, "reservation_id"), (#"{"channel":"x"}"#, "channel"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"ttl":"5s"}"#, "ttl"),
                ]
            ),
            (
                .createApiKey, Holdfast_V1_CreateApiKeyRequest(),
                [
                    (#"{"keyId":"x"}"#, "key_id"), (#"{"name":"x"}"#, "name"), (#"{"roles":["ROLE_POS"]}"#, "roles"),
                    (#"{"channels":["x"]}"#, "channels"), (#"{"locations":["x"]}"#, "locations"),
                    (#"{"expiresAt":"2026-01-01T00:00:00Z"}"#, "expires_at"),
                ]
            ),
            (
                .rotateApiKey, Holdfast_V1_RotateApiKeyRequest(),
                [
                    (#"{"keyId":"x"}"#, "key_id"), (#"{"replaces":"x"}"#, "replaces"),
                    (#"{"overlapSeconds":"1"}"#, "overlap_seconds"),
                    (#"{"expiresAt":"2026-01-01T00:00:00Z"}"#, "expires_at"),
                ]
            ),
            (
                .extendReservation, Holdfast_V1_ExtendReservationRequest(),
                [
                    (#"{"extensionId":"x"}"#, "extension_id"), (#"{"reservationId":"x"}"#, "reservation_id"),
                    (#"{"ttl":"5s"}"#, "ttl"),
                ]
            ),
            (
                .placeOrder, Holdfast_V1_PlaceOrderRequest(),
                [
                    (#"{"orderId":"x"}"#, "order_id"), (#"{"channel":"x"}"#, "channel"),
                    (#"{"externalId":"x"}"#, "external_id"), (#"{"reservationId":"x"}"#, "reservation_id"),
                    (#"{"customer":{}}"#, "customer"), (#"{"lines":[{}]}"#, "lines[0]"),
                    (#"{"goodsInHand":true}"#, "goods_in_hand"),
                    (#"{"orderedAt":"2026-01-01T00:00:00Z"}"#, "ordered_at"),
                    (#"{"currencyCode":"x"}"#, "currency_code"),
                ]
            ),
            (
                .cancelOrder, Holdfast_V1_CancelOrderRequest(),
                [
                    (#"{"cancellationId":"x"}"#, "cancellation_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .holdOrder, Holdfast_V1_HoldOrderRequest(),
                [
                    (#"{"holdId":"x"}"#, "hold_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"detail":"x"}"#, "detail"),
                ]
            ),
            (
                .approveOrder, Holdfast_V1_ApproveOrderRequest(),
                [
                    (#"{"approvalId":"x"}"#, "approval_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"note":"x"}"#, "note"),
                ]
            ),
            (
                .validateOrder, Holdfast_V1_ValidateOrderRequest(),
                [(#"{"validationId":"x"}"#, "validation_id"), (#"{"orderId":"x"}"#, "order_id")]
            ),
            (
                .setPrices, Holdfast_V1_SetPricesRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"channel":"x"}"#, "channel"),
                    (#"{"prices":[{}]}"#, "prices[0]"),
                ]
            ),
            (
                .requestCancellation, Holdfast_V1_RequestCancellationRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"lines":[{}]}"#, "lines[0]"), (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .respondCancellation, Holdfast_V1_RespondCancellationRequest(),
                [
                    (#"{"responseId":"x"}"#, "response_id"), (#"{"cancellationId":"x"}"#, "cancellation_id"),
                    (#"{"accept":true}"#, "accept"), (#"{"answer":"x"}"#, "answer"),
                ]
            ),
            (
                .withdrawCancellation, Holdfast_V1_WithdrawCancellationRequest(),
                [
                    (#"{"withdrawalId":"x"}"#, "withdrawal_id"),
                    (#"{"cancellationId":"x"}"#, "cancellation_id"),
                ]
            ),
            (
                .amendOrder, Holdfast_V1_AmendOrderRequest(),
                [
                    (#"{"amendmentId":"x"}"#, "amendment_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"add":[{}]}"#, "add[0]"), (#"{"change":[{}]}"#, "change[0]"),
                    (#"{"delivery":{}}"#, "delivery"), (#"{"reason":"x"}"#, "reason"),
                    (#"{"expectedSequence":1}"#, "expected_sequence"),
                ]
            ),
            (
                .saveDraft, Holdfast_V1_SaveDraftRequest(),
                [
                    (#"{"saveId":"x"}"#, "save_id"), (#"{"draft":{}}"#, "draft"),
                    (#"{"expectedRevision":1}"#, "expected_revision"),
                ]
            ),
            (
                .placeDraft, Holdfast_V1_PlaceDraftRequest(),
                [(#"{"draftId":"x"}"#, "draft_id"), (#"{"revision":1}"#, "revision")]
            ),
            (
                .discardDraft, Holdfast_V1_DiscardDraftRequest(),
                [(#"{"discardId":"x"}"#, "discard_id"), (#"{"draftId":"x"}"#, "draft_id")]
            ),
            (
                .upsertCustomers, Holdfast_V1_UpsertCustomersRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"customers":[{}]}"#, "customers[0]"),
                ]
            ),
        ]
    }

    /// Payments.
    private static var payments: [FieldNameSample] {
        [
            (
                .addTender, Holdfast_V1_AddTenderRequest(),
                [
                    (#"{"tenderId":"x"}"#, "tender_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"kind":"TENDER_KIND_CASH"}"#, "kind"), (#"{"amount":{}}"#, "amount"),
                    (#"{"chargeSequence":1}"#, "charge_sequence"), (#"{"refundSequence":1}"#, "refund_sequence"),
                    (#"{"token":"x"}"#, "token"), (#"{"giftCardCode":"x"}"#, "gift_card_code"),
                    (#"{"label":"x"}"#, "label"), (#"{"authorize":true}"#, "authorize"),
                ]
            ),
            (
                .authorizeTender, Holdfast_V1_AuthorizeTenderRequest(),
                [
                    (#"{"authorizationId":"x"}"#, "authorization_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"tenderNumber":1}"#, "tender_number"),
                ]
            ),
            (
                .captureTender, Holdfast_V1_CaptureTenderRequest(),
                [
                    (#"{"captureId":"x"}"#, "capture_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"tenderNumber":1}"#, "tender_number"), (#"{"amount":{}}"#, "amount"),
                ]
            ),
            (
                .voidTender, Holdfast_V1_VoidTenderRequest(),
                [
                    (#"{"voidId":"x"}"#, "void_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"tenderNumber":1}"#, "tender_number"),
                ]
            ),
            (
                .refundOrder, Holdfast_V1_RefundOrderRequest(),
                [
                    (#"{"refundId":"x"}"#, "refund_id"), (#"{"orderId":"x"}"#, "order_id"),
                    (#"{"amount":{}}"#, "amount"), (#"{"tenderNumber":1}"#, "tender_number"),
                    (#"{"goodwill":true}"#, "goodwill"), (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .issueStoredValue, Holdfast_V1_IssueStoredValueRequest(),
                [
                    (#"{"issueId":"x"}"#, "issue_id"), (#"{"kind":"STORED_VALUE_KIND_GIFT_CARD"}"#, "kind"),
                    (#"{"customerId":"x"}"#, "customer_id"), (#"{"amount":{}}"#, "amount"),
                    (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .adjustStoredValue, Holdfast_V1_AdjustStoredValueRequest(),
                [
                    (#"{"adjustmentId":"x"}"#, "adjustment_id"), (#"{"accountId":"x"}"#, "account_id"),
                    (#"{"amount":{}}"#, "amount"), (#"{"reason":"x"}"#, "reason"),
                ]
            ),
            (
                .setLegalEntity, Holdfast_V1_SetLegalEntityRequest(),
                [
                    (#"{"requestId":"x"}"#, "request_id"), (#"{"channel":"x"}"#, "channel"),
                    (#"{"legalEntity":"x"}"#, "legal_entity"),
                ]
            ),
            (
                .resolveAttempt, Holdfast_V1_ResolveAttemptRequest(),
                [
                    (#"{"resolutionId":"x"}"#, "resolution_id"), (#"{"attemptId":"x"}"#, "attempt_id"),
                    (#"{"resolution":"ATTEMPT_RESOLUTION_DONE"}"#, "resolution"), (#"{"reference":"x"}"#, "reference"),
                    (#"{"reason":"x"}"#, "reason"),
                ]
            ),
        ]
    }
}
