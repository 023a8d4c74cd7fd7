import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
import OrderProcessing
import SwiftProtobuf

extension PaymentService {
    /// Adds to a customer's store credit, or makes a gift card.
    public func issueStoredValue(
        request: Holdfast_V1_IssueStoredValueRequest, context: ServerContext
    ) async throws -> Holdfast_V1_IssueStoredValueResponse {
        let body = try IdempotentBody(.issueStoredValue, request).bytes
        return try await answer.answering(context, body: body) {
            var generator = SystemRandomNumberGenerator()
            let code = GiftCardCode(using: &generator)
            let issue = try StoredValueRequests.issue(request, code: code, body: body, by: CallerContext.current)
            let (reply, isRepeated) = try await ledger.issueStoredValue(issue) { account in
                // The code is in no stored reply.
                try Holdfast_V1_IssueStoredValueResponse.with { $0.account = Holdfast_V1_StoredValue(account) }
                    .serializedBytes()
            }
            var answer = try Holdfast_V1_IssueStoredValueResponse(serializedBytes: reply)
            if issue.code != nil && !isRepeated { answer.giftCardCode = code.text }
            return answer
        }
    }

    /// Returns an account with its last entries.
    public func getStoredValue(
        request: Holdfast_V1_GetStoredValueRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetStoredValueResponse {
        try await answer.answering(context) {
            let name = try StoredValueRequests.name(request)
            guard let (account, entries) = try await ledger.storedValue(name) else {
                throw Refusal.notFound(.storedValue, StoredValueRequests.shown(request))
            }
            let channels = CallerContext.current.scope.channels
            return .with {
                $0.account = Holdfast_V1_StoredValue(account)
                $0.entries = entries.map { entry in
                    let isOutside = entry.channel.map { channels?.contains($0) == false } ?? false
                    return Holdfast_V1_StoredValueEntry(entry, account.balance.currency, isOutside: isOutside)
                }
            }
        }
    }

    /// Changes a balance by hand.
    public func adjustStoredValue(
        request: Holdfast_V1_AdjustStoredValueRequest, context: ServerContext
    ) async throws -> Holdfast_V1_AdjustStoredValueResponse {
        let body = try IdempotentBody(.adjustStoredValue, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try StoredValueRequests.adjust(request)
            let reply = try await ledger.adjustStoredValue(
                asked.id, account: asked.account, amount: asked.amount, reason: request.reason, body: body,
                caller: CallerContext.current
            ) { account in
                try Holdfast_V1_AdjustStoredValueResponse.with { $0.account = Holdfast_V1_StoredValue(account) }
                    .serializedBytes()
            }
            return try Holdfast_V1_AdjustStoredValueResponse(serializedBytes: reply)
        }
    }
}

extension Holdfast_V1_StoredValue {
    init(_ account: StoredValue) {
        self.init()
        accountID = account.id.description
        kind = Holdfast_V1_StoredValueKind(rawValue: Int(account.kind.rawValue)) ?? .unspecified
        customerID = account.customer
        label = account.label
        balance = Holdfast_V1_Money(account.balance.minorUnits, account.balance.currency)
        if let stamp = Google_Protobuf_Timestamp(account.openedAt) { openedAt = stamp }
    }
}

extension Holdfast_V1_StoredValueEntry {
    /// An entry as its caller may see it: of an order outside of its channels, what it did to the balance and when.
    init(_ entry: StoredValueEntry, _ currency: Currency, isOutside: Bool) {
        self.init()
        sequence = entry.sequence
        amount = Holdfast_V1_Money(entry.amount, currency)
        if let stamp = Google_Protobuf_Timestamp(entry.at) { at = stamp }
        guard !isOutside else { return }
        causeID = entry.cause.description
        orderID = entry.order?.description ?? ""
        reason = entry.reason
    }
}
