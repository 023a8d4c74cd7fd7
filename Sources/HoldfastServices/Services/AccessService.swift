import Domain
public import GRPCCore
public import HoldfastAPI
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Who may call, and who changed what.
public struct AccessService: Holdfast_V1_AccessService.SimpleServiceProtocol {
    private let desk: AccessDesk
    private let answer: CallAnswer

    /// Makes the service over order promising's ledger; `keys` makes the secrets.
    public init(promising: OrderPromising, keys: any KeyMint, logger: Logger) {
        desk = AccessDesk(ledger: promising.ledger, keys: keys)
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Makes an API key.
    public func createApiKey(
        request: Holdfast_V1_CreateApiKeyRequest, context: ServerContext
    ) async throws -> Holdfast_V1_CreateApiKeyResponse {
        let body = try IdempotentBody(.createApiKey, request).bytes
        return try await answer.answering(context, body: body) {
            try await desk.create(request, by: CallerContext.current.id)
        }
    }

    /// Lists API keys.
    public func listApiKeys(
        request: Holdfast_V1_ListApiKeysRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListApiKeysResponse {
        try await answer.answering(context) { try await desk.list(request) }
    }

    /// Ends an API key.
    public func revokeApiKey(
        request: Holdfast_V1_RevokeApiKeyRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RevokeApiKeyResponse {
        try await answer.answering(context) { try await desk.revoke(request, by: CallerContext.current.id) }
    }

    /// Replaces an API key.
    public func rotateApiKey(
        request: Holdfast_V1_RotateApiKeyRequest, context: ServerContext
    ) async throws -> Holdfast_V1_RotateApiKeyResponse {
        let body = try IdempotentBody(.rotateApiKey, request).bytes
        return try await answer.answering(context, body: body) {
            try await desk.rotate(request, by: CallerContext.current.id)
        }
    }

    /// Lists who changed what.
    public func listAuditEvents(
        request: Holdfast_V1_ListAuditEventsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListAuditEventsResponse {
        try await answer.answering(context) { try await desk.audit(request) }
    }

    /// Tells who the caller is.
    public func getCaller(
        request: Holdfast_V1_GetCallerRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetCallerResponse {
        let caller = CallerContext.current
        return .with {
            $0.caller = caller.id
            $0.name = caller.name
            $0.roles = Holdfast_V1_Role.all(of: caller.roles)
            $0.scope = Holdfast_V1_Scope(caller.scope)
            $0.methods = AccessTable.methods(for: caller)
        }
    }
}
