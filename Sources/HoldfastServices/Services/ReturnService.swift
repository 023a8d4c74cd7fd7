import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderProcessing
import OrderPromising
import SwiftProtobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Goods that come back.
public struct ReturnService: Holdfast_V1_ReturnService.SimpleServiceProtocol {
    private let processing: OrderProcessing
    private let answer: CallAnswer

    /// Makes the service over order processing and its ledger.
    public init(processing: OrderProcessing, logger: Logger) {
        self.processing = processing
        answer = CallAnswer(logger: logger, metrics: processing.promising.metrics)
    }

    // MARK: - Rules

    /// Makes a new version of the rules.
    public func upsertReturnRules(
        request: Holdfast_V1_UpsertReturnRulesRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertReturnRulesResponse {
        let body = try IdempotentBody(.upsertReturnRules, request).bytes
        return try await answer.answering(context, body: body) {
            let (id, rules) = try ReturnRequests.rules(request)
            let reply = try await processing.ledger.upsertReturnRules(
                id, rules, body: body, caller: CallerContext.current
            ) { version in
                try Holdfast_V1_UpsertReturnRulesResponse.with { $0.version = version }.serializedBytes()
            }
            return try Holdfast_V1_UpsertReturnRulesResponse(serializedBytes: reply)
        }
    }

    /// Returns a version of the rules.
    public func getReturnRules(
        request: Holdfast_V1_GetReturnRulesRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetReturnRulesResponse {
        try await answer.answering(context) {
            var validation = RequestValidation()
            validation.number(request.version, in: 0...Int32.max, "version")
            try validation.finish()
            guard let found = try await processing.ledger.returnRules(request.version) else {
                throw Refusal.notFound(.returnRules, request.version == 0 ? "in force" : "\(request.version)")
            }
            return Holdfast_V1_GetReturnRulesResponse(found.rules, createdAt: found.createdAt)
        }
    }

    // MARK: - Returns

    /// Asks for a return.
    public func createReturn(
        request: Holdfast_V1_CreateReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CreateReturnResponse {
        let body = try IdempotentBody(.createReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try ReturnRequests.create(request, body: body, by: CallerContext.current)
            let reply = try await processing.createReturn(asked) { made in
                try Holdfast_V1_CreateReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_CreateReturnResponse(serializedBytes: reply)
        }
    }

    /// Grants a claim.
    public func createClaim(
        request: Holdfast_V1_CreateClaimRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CreateClaimResponse {
        let body = try IdempotentBody(.createClaim, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try ReturnRequests.claim(request, body: body, by: CallerContext.current)
            let reply = try await processing.createReturn(asked) { made in
                try Holdfast_V1_CreateClaimResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_CreateClaimResponse(serializedBytes: reply)
        }
    }

    /// Takes goods back without an order.
    public func createBlindReturn(
        request: Holdfast_V1_CreateBlindReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CreateBlindReturnResponse {
        let body = try IdempotentBody(.createBlindReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try ReturnRequests.blind(request, body: body, by: CallerContext.current)
            let reply = try await processing.createBlindReturn(asked) { made in
                try Holdfast_V1_CreateBlindReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_CreateBlindReturnResponse(serializedBytes: reply)
        }
    }

    /// Returns one return.
    public func getReturn(
        request: Holdfast_V1_GetReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetReturnResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let found: ReturnOrder?
            let name: String
            switch try ReturnRequests.name(request) {
            case .id(let id):
                name = id.description
                found = try await processing.ledger.returnOrder(id)
            case .number(let number):
                name = "R\(number)"
                found = try await processing.ledger.returnOrder(number: number)
            }
            guard let order = found else { throw Refusal.missing(.returnOrder, name, for: caller) }
            try caller.scope.admit(channel: order.channel)
            return .with { $0.returnOrder = Holdfast_V1_Return(order) }
        }
    }

    /// Lists returns.
    public func listReturns(
        request: Holdfast_V1_ListReturnsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListReturnsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.returns(request, by: CallerContext.current)
            let page = try await processing.ledger.returns(filter, before: asked.after, limit: asked.limit)
            return .with {
                $0.returns = page.elements.map { Holdfast_V1_Return($0) }
                $0.nextPageToken = asked.next(page) { OrderKey(placedAt: $0.createdAt, id: $0.id) }
            }
        }
    }

    // MARK: - Changes

    /// Takes a step of a return.
    public func changeReturn(
        request: Holdfast_V1_ChangeReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ChangeReturnResponse {
        let body = try IdempotentBody(.changeReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try ReturnRequests.change(request, body: body, by: CallerContext.current)
            let reply = try await processing.changeReturn(change) { made in
                try Holdfast_V1_ChangeReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_ChangeReturnResponse(serializedBytes: reply)
        }
    }

    /// Records goods that came.
    public func receiveReturn(
        request: Holdfast_V1_ReceiveReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReceiveReturnResponse {
        let body = try IdempotentBody(.receiveReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try ReturnRequests.receive(request, body: body, by: CallerContext.current)
            let reply = try await processing.changeReturn(change) { made in
                try Holdfast_V1_ReceiveReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_ReceiveReturnResponse(serializedBytes: reply)
        }
    }

    /// Says what becomes of goods that came.
    public func inspectReturn(
        request: Holdfast_V1_InspectReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_InspectReturnResponse {
        let body = try IdempotentBody(.inspectReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try ReturnRequests.inspect(request, body: body, by: CallerContext.current)
            let reply = try await processing.changeReturn(change) { made in
                try Holdfast_V1_InspectReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_InspectReturnResponse(serializedBytes: reply)
        }
    }

    /// Sends other goods for those of a return.
    public func exchangeReturn(
        request: Holdfast_V1_ExchangeReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ExchangeReturnResponse {
        let body = try IdempotentBody(.exchangeReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try ReturnRequests.exchange(request, body: body, by: CallerContext.current)
            let reply = try await processing.exchangeReturn(asked, deadline: context.deadline) { made in
                try Holdfast_V1_ExchangeReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_ExchangeReturnResponse(serializedBytes: reply)
        }
    }

    /// Records how a return was settled.
    public func settleReturn(
        request: Holdfast_V1_SettleReturnRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SettleReturnResponse {
        let body = try IdempotentBody(.settleReturn, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try ReturnRequests.settle(request, body: body, by: CallerContext.current)
            let reply = try await processing.changeReturn(change) { made in
                try Holdfast_V1_SettleReturnResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            return try Holdfast_V1_SettleReturnResponse(serializedBytes: reply)
        }
    }

    // MARK: - Labels

    /// Orders the label of a return.
    public func issueReturnLabel(
        request: Holdfast_V1_IssueReturnLabelRequest, context: ServerContext
    ) async throws -> Holdfast_V1_IssueReturnLabelResponse {
        let body = try IdempotentBody(.issueReturnLabel, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try ReturnRequests.label(request, body: body, by: CallerContext.current)
            let reply = try await processing.issueReturnLabel(asked) { made in
                try Holdfast_V1_IssueReturnLabelResponse.with { $0.returnOrder = Holdfast_V1_Return(made) }
                    .serializedBytes()
            }
            // The document is kept with the label, once, and not with each answer.
            var response = try Holdfast_V1_IssueReturnLabelResponse(serializedBytes: reply)
            let tracking = response.returnOrder.label.trackingNumber
            let label = try await Ledger.afterCommit {
                try await processing.ledger.label(ofReturn: asked.returnOrder, tracking: tracking)
            }
            if let label { response.document = Data(label.document) }
            return response
        }
    }

    /// Returns the label of a return.
    public func getReturnLabel(
        request: Holdfast_V1_GetReturnLabelRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetReturnLabelResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            var validation = RequestValidation()
            let id = validation.id(request.returnID, "return_id")
            try validation.finish()
            guard let order = try await processing.ledger.returnOrder(id) else {
                throw Refusal.missing(.returnOrder, id.description, for: caller)
            }
            try caller.scope.admit(channel: order.channel)
            guard let label = try await processing.ledger.label(ofReturn: id) else {
                throw Refusal.wrongState(
                    .returnOrder, "R\(order.number)", state: "no_label", explanation: "no label was made for it")
            }
            return .with {
                $0.document = Data(label.document)
                $0.trackingNumber = label.tracking
            }
        }
    }
}
