import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
public import Logging
import OrderProcessing
public import OrderPromising
import Sourcing
import SwiftProtobuf

/// From which locations orders are served.
public struct SourcingService: Holdfast_V1_SourcingService.SimpleServiceProtocol {
    private let desk: SourcingDesk
    private let ledger: Ledger
    private let answer: CallAnswer

    /// Makes the service over order promising and its ledger.
    public init(promising: OrderPromising, logger: Logger) {
        desk = SourcingDesk(promising: promising)
        ledger = promising.ledger
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Stores a configuration.
    public func upsertSourcingConfig(
        request: Holdfast_V1_UpsertSourcingConfigRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertSourcingConfigResponse {
        let body = try IdempotentBody(.upsertSourcingConfig, request).bytes
        return try await answer.answering(context, body: body) {
            let (id, name, config) = try SourcingRequests.config(request)
            let version = config.version
            let reply = try await ledger.upsertSourcingConfig(
                id, name: name, version: version, document: config.file.canonical, body: body,
                caller: CallerContext.current
            ) { isNew in
                try Holdfast_V1_UpsertSourcingConfigResponse.with {
                    $0.version = version
                    $0.created = isNew
                }.serializedBytes()
            }
            return try Holdfast_V1_UpsertSourcingConfigResponse(serializedBytes: reply)
        }
    }

    /// Returns a configuration.
    public func getSourcingConfig(
        request: Holdfast_V1_GetSourcingConfigRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetSourcingConfigResponse {
        try await answer.answering(context) {
            let (version, name) = try SourcingRequests.config(request)
            let stored =
                if name.isEmpty { try await ledger.sourcingConfig(version: version) } else {
                    try await ledger.sourcingConfig(named: name)
                }
            guard let stored else { throw Refusal.notFound(.sourcingConfig, name.isEmpty ? version : name) }
            return .with {
                $0.version = stored.version
                $0.document = stored.document
                if let stamp = Google_Protobuf_Timestamp(stored.createdAt) { $0.createdAt = stamp }
            }
        }
    }

    /// Sets what sourcing knows of locations.
    public func upsertSourcingLocations(
        request: Holdfast_V1_UpsertSourcingLocationsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertSourcingLocationsResponse {
        let body = try IdempotentBody(.upsertSourcingLocations, request).bytes
        return try await answer.answering(context, body: body) {
            let (id, locations) = try SourcingRequests.locations(request, by: CallerContext.current)
            let reply = try await ledger.upsertSourcingLocations(
                id, locations.map { ($0.code, $0.file.canonical) }, body: body, caller: CallerContext.current
            ) { count in
                try Holdfast_V1_UpsertSourcingLocationsResponse.with {
                    $0.created = count.created
                    $0.updated = count.updated
                }.serializedBytes()
            }
            return try Holdfast_V1_UpsertSourcingLocationsResponse(serializedBytes: reply)
        }
    }

    /// Lists what sourcing knows of locations.
    public func listSourcingLocations(
        request: Holdfast_V1_ListSourcingLocationsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListSourcingLocationsResponse {
        try await answer.answering(context) {
            let asked = try ListRequests.sourcingLocations(request)
            let page = try await ledger.sourcingLocations(
                after: asked.after, limit: asked.limit, among: CallerContext.current.scope.locations, bookedFrom: 0)
            return try .with {
                $0.locations = try page.elements.map { facts in
                    Holdfast_V1_SourcingLocation(
                        try SourcingLocation(try FileText.read(facts.document), path: facts.location.code))
                }
                $0.nextPageToken = asked.next(page, \.location.code)
            }
        }
    }

    /// Sets what sourcing knows of articles.
    public func upsertSourcingProducts(
        request: Holdfast_V1_UpsertSourcingProductsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_UpsertSourcingProductsResponse {
        let body = try IdempotentBody(.upsertSourcingProducts, request).bytes
        return try await answer.answering(context, body: body) {
            let (id, products) = try SourcingRequests.products(request)
            let reply = try await ledger.upsertSourcingProducts(
                id, products, body: body, caller: CallerContext.current
            ) { count in
                try Holdfast_V1_UpsertSourcingProductsResponse.with {
                    $0.created = count.created
                    $0.updated = count.updated
                }.serializedBytes()
            }
            return try Holdfast_V1_UpsertSourcingProductsResponse(serializedBytes: reply)
        }
    }

    /// Plans an order or given lines.
    public func planSourcing(
        request: Holdfast_V1_PlanSourcingRequest, context: ServerContext
    ) async throws -> Holdfast_V1_PlanSourcingResponse {
        let body = try IdempotentBody(.planSourcing, request).bytes
        return try await answer.answering(context, body: body) {
            let question = try SourcingRequests.plan(request, body: body, by: CallerContext.current)
            let reply = try await desk.plan(question) { plan in
                try Holdfast_V1_SourcingPlan(plan, id: question.id, order: question.order).serializedBytes()
            }
            return try .with { $0.plan = try Holdfast_V1_SourcingPlan(serializedBytes: reply) }
        }
    }

    /// Carries a stored plan out.
    public func commitSourcing(
        request: Holdfast_V1_CommitSourcingRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CommitSourcingResponse {
        let body = try IdempotentBody(.commitSourcing, request).bytes
        return try await answer.answering(context, body: body) {
            let (id, plan) = try SourcingRequests.commit(request)
            let reply = try await desk.commit(id, plan: plan, body: body, caller: CallerContext.current) {
                moved, sequence in
                try Holdfast_V1_CommitSourcingResponse.with {
                    $0.moved = moved
                    $0.sequence = sequence
                }.serializedBytes()
            }
            return try Holdfast_V1_CommitSourcingResponse(serializedBytes: reply)
        }
    }

    /// Returns a stored plan.
    public func getSourcingPlan(
        request: Holdfast_V1_GetSourcingPlanRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetSourcingPlanResponse {
        try await answer.answering(context) {
            let caller = CallerContext.current
            let id = try SourcingRequests.plan(request)
            guard let stored = try await ledger.sourcingPlan(id) else {
                throw Refusal.missing(.sourcingPlan, id.description, for: caller)
            }
            if let channel = stored.channel {
                try caller.scope.admit(channel: channel)
            } else if !caller.scope.isEverything {
                throw Refusal.outOfScope
            }
            let plan = try Holdfast_V1_SourcingPlan(serializedBytes: stored.reply)
            return try .with {
                $0.plan = plan
                $0.inputs = stored.inputs
                $0.commitID = stored.commit?.description ?? ""
                if request.replay {
                    let again = Holdfast_V1_SourcingPlan(
                        try SourcingDesk.replay(stored.inputs), id: id, order: stored.order)
                    $0.reproduced = again == plan
                }
            }
        }
    }
}
