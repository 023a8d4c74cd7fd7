import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Lines that wait for supply.
public struct BackorderService: Holdfast_V1_BackorderService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising and its ledger.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Sets how many units may wait.
    public func setBackorderPolicies(
        request: Holdfast_V1_SetBackorderPoliciesRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SetBackorderPoliciesResponse {
        let body = try IdempotentBody(.setBackorderPolicies, request).bytes
        return try await answer.answering(context, body: body) {
            let change = try BackorderRequests.policies(request, body: body, by: CallerContext.current)
            let reply = try await promising.ledger.setBackorderPolicies(change) { policies in
                try Holdfast_V1_SetBackorderPoliciesResponse.with {
                    $0.policies = policies.map { Holdfast_V1_BackorderPolicy($0) }
                }.serializedBytes()
            }
            return try Holdfast_V1_SetBackorderPoliciesResponse(serializedBytes: reply)
        }
    }

    /// Lists caps.
    public func listBackorderPolicies(
        request: Holdfast_V1_ListBackorderPoliciesRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListBackorderPoliciesResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let asked = try ListRequests.backorderPolicies(request, by: caller)
            let page = try await promising.ledger.backorderPolicies(
                sku: request.sku, after: asked.after, limit: asked.limit,
                among: request.channel.isEmpty ? caller.scope.channels : [request.channel])
            return .with {
                $0.policies = page.elements.map { Holdfast_V1_BackorderPolicy($0) }
                $0.nextPageToken = asked.next(page) { BackorderPolicyKey(sku: $0.sku, channel: $0.channel) }
            }
        }
    }

    /// Lists waiting lines.
    public func listBackorders(
        request: Holdfast_V1_ListBackordersRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListBackordersResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let (asked, order) = try ListRequests.backorders(request, by: caller)
            let page = try await promising.ledger.waitingLines(
                sku: request.sku, order: order, after: asked.after, limit: asked.limit,
                among: request.channel.isEmpty ? caller.scope.channels : [request.channel])
            return .with {
                $0.backorders = page.elements.map { Holdfast_V1_Backorder($0) }
                $0.nextPageToken = asked.next(page) {
                    WaitingLineKey(sku: $0.sku, priority: $0.priority, since: $0.since, place: $0.place)
                }
            }
        }
    }
}
