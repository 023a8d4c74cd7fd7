import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

extension ScopeShop {
    /// Cases of payments and documents.
    func paymentCases() throws -> [String: ScopeCase] {
        let unknown = EntityID.fresh
        return [
            "holdfast.v1.PaymentService/AddTender": (
                try bytes(tender(mine.order)), [try bytes(tender(others.order)), try bytes(tender(unknown))]
            ),
            "holdfast.v1.PaymentService/AuthorizeTender": try ordered { order in
                try bytes(
                    Holdfast_V1_AuthorizeTenderRequest.with {
                        $0.authorizationID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                    })
            },
            "holdfast.v1.PaymentService/CaptureTender": try ordered { order in
                try bytes(
                    Holdfast_V1_CaptureTenderRequest.with {
                        $0.captureID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                    })
            },
            "holdfast.v1.PaymentService/VoidTender": try ordered { order in
                try bytes(
                    Holdfast_V1_VoidTenderRequest.with {
                        $0.voidID = EntityID.fresh.description
                        $0.orderID = order.description
                        $0.tenderNumber = 1
                    })
            },
            "holdfast.v1.PaymentService/RefundOrder": try ordered { order in
                try bytes(
                    Holdfast_V1_RefundOrderRequest.with {
                        $0.refundID = EntityID.fresh.description
                        $0.orderID = order.description
                    })
            },
            "holdfast.v1.PaymentService/GetPayments": try ordered { order in
                try bytes(Holdfast_V1_GetPaymentsRequest.with { $0.orderID = order.description })
            },
            "holdfast.v1.PaymentService/ReportGatewayEvent": (
                // The attempt of the tender that was added before.
                try bytes(Holdfast_V1_ReportGatewayEventRequest.with { $0.attemptID = tenderID.description }),
                [try bytes(Holdfast_V1_ReportGatewayEventRequest.with { $0.attemptID = unknown.description })]
            ),
            "holdfast.v1.PaymentService/ListOpenAttempts": ([], []),
            "holdfast.v1.PaymentService/ResolveAttempt": (
                // It was approved: refused for that, not for its place.
                try bytes(ScopeShop.resolve(tenderID)), [try bytes(ScopeShop.resolve(unknown))]
            ),
            "holdfast.v1.PaymentService/ListDocuments": (
                try bytes(Holdfast_V1_ListDocumentsRequest.with { $0.orderID = mine.order.description }),
                [
                    try bytes(Holdfast_V1_ListDocumentsRequest.with { $0.orderID = others.order.description }),
                    try bytes(Holdfast_V1_ListDocumentsRequest.with { $0.orderID = unknown.description }), [],
                ]
            ),
            "holdfast.v1.PaymentService/GetDocument": (
                // Not a name of any: refused for that, not for its place.
                try bytes(Holdfast_V1_GetDocumentRequest.with { $0.document = "MAIN-INV" }),
                [
                    try bytes(Holdfast_V1_GetDocumentRequest.with { $0.document = unknown.description }),
                    try bytes(Holdfast_V1_GetDocumentRequest.with { $0.document = "MAIN-INV-2026-000001" }),
                ]
            ),
        ]
    }

    /// The id of the one tender of the order inside: the same each time that the cases are made.
    private var tenderID: EntityID { EntityID(high: mine.order.high, low: mine.order.low ^ 1) }

    func tender(_ order: EntityID) -> Holdfast_V1_AddTenderRequest {
        .with {
            $0.tenderID = tenderID.description
            $0.orderID = order.description
            $0.kind = .cash
        }
    }

    private static func resolve(_ attempt: EntityID) -> Holdfast_V1_ResolveAttemptRequest {
        .with {
            $0.resolutionID = EntityID.fresh.description
            $0.attemptID = attempt.description
            $0.resolution = .notDone
            $0.reason = "asked"
        }
    }
}
