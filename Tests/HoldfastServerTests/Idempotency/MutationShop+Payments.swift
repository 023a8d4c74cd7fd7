import Domain
import HoldfastAPI
import HoldfastTesting
import SwiftProtobuf

extension MutationShop {
    func tenders() throws -> [Mutation] {
        let kinds: [(kind: Holdfast_V1_TenderKind, holds: Bool)] = [
            (.cardGateway, false), (.cardGateway, true), (.cardGateway, false), (.cash, false),
        ]
        return try zip(paid.dropFirst(), kinds).map { order, tender in
            let id = EntityID.fresh
            return try Mutation(
                "PaymentService/AddTender", id: id, self.tender(id, order, tender.kind, holds: tender.holds))
        }
    }

    func payments() throws -> [Mutation] {
        let ids = (0..<9).map { _ in EntityID.fresh }
        return [
            try Mutation(
                "PaymentService/AddTender", id: ids[0], tender(ids[0], paid[0], .cash), differs: "label"
            ) { $0.label = "another" },
            try Mutation(
                "PaymentService/AuthorizeTender", id: ids[1],
                Holdfast_V1_AuthorizeTenderRequest.with {
                    $0.authorizationID = ids[1].description
                    $0.orderID = paid[1].description
                    $0.tenderNumber = 1
                }, differs: "tender_number"
            ) { $0.tenderNumber = 2 },
            try Mutation(
                "PaymentService/CaptureTender", id: ids[2],
                Holdfast_V1_CaptureTenderRequest.with {
                    $0.captureID = ids[2].description
                    $0.orderID = paid[2].description
                    $0.tenderNumber = 1
                    $0.amount = pounds(100)
                }, differs: "amount.amount_minor"
            ) { $0.amount.amountMinor = 99 },
            try Mutation(
                "PaymentService/VoidTender", id: ids[3],
                Holdfast_V1_VoidTenderRequest.with {
                    $0.voidID = ids[3].description
                    $0.orderID = paid[3].description
                    $0.tenderNumber = 1
                }, differs: "tender_number"
            ) { $0.tenderNumber = 2 },
            try Mutation(
                "PaymentService/RefundOrder", id: ids[4],
                Holdfast_V1_RefundOrderRequest.with {
                    $0.refundID = ids[4].description
                    $0.orderID = paid[4].description
                    $0.amount = pounds(50)
                    $0.goodwill = true
                }, differs: "reason"
            ) { $0.reason = "late" },
            try Mutation(
                "PaymentService/IssueStoredValue", id: ids[5],
                Holdfast_V1_IssueStoredValueRequest.with {
                    $0.issueID = ids[5].description
                    $0.kind = .storeCredit
                    $0.customerID = tag
                    $0.amount = pounds(500)
                }, differs: "amount.amount_minor"
            ) { $0.amount.amountMinor = 501 },
            try Mutation(
                "PaymentService/AdjustStoredValue", id: ids[6],
                Holdfast_V1_AdjustStoredValueRequest.with {
                    $0.adjustmentID = ids[6].description
                    $0.accountID = card.description
                    $0.amount = pounds(-10)
                    $0.reason = "counted"
                }, differs: "reason"
            ) { $0.reason = "stolen" },
            try Mutation(
                "PaymentService/SetLegalEntity", id: ids[7],
                Holdfast_V1_SetLegalEntityRequest.with {
                    $0.requestID = ids[7].description
                    $0.channel = channel
                    $0.legalEntity = "UK"
                }, differs: "legal_entity"
            ) { $0.legalEntity = "EU" },
            try Mutation(
                "PaymentService/ResolveAttempt", id: ids[8],
                Holdfast_V1_ResolveAttemptRequest.with {
                    $0.resolutionID = ids[8].description
                    $0.attemptID = unanswered.description
                    $0.resolution = .notDone
                    $0.reason = "asked"
                }, differs: "reason"
            ) { $0.reason = "guessed" },
        ]
    }

    /// A refund that no gateway has answered, and that nobody asks about.
    func unansweredRefund() -> String {
        """
        INSERT INTO payment_attempt (id, order_id, tender_number, action, purpose, amount, state, cause_id)
        VALUES ('\(unanswered)', '\(paid[4])', 1, 4, 2, 1, 4, '\(unanswered)')
        """
    }

    func tender(
        _ id: EntityID, _ order: EntityID, _ kind: Holdfast_V1_TenderKind, holds: Bool = false
    ) -> Holdfast_V1_AddTenderRequest {
        .with {
            $0.tenderID = id.description
            $0.orderID = order.description
            $0.kind = kind
            if kind == .cardGateway { $0.token = "tok-1" }
            $0.authorize = holds
        }
    }

    func giftCard(_ id: EntityID) -> Holdfast_V1_IssueStoredValueRequest {
        .with {
            $0.issueID = id.description
            $0.kind = .giftCard
            $0.amount = pounds(1_000)
        }
    }
}
