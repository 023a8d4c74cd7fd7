import Domain
public import HoldfastAPI
public import Ledger
import SwiftProtobuf

/// Administers API keys and reads the audit log: behind ``AccessService``, and for an operator beside PostgreSQL.
///
/// Whether a caller may do so is decided before. Methods throw `Refusal`.
public struct AccessDesk: Sendable {
    private let ledger: Ledger
    private let keys: any KeyMint

    /// Makes a desk over a ledger; `keys` makes the secrets.
    public init(ledger: Ledger, keys: any KeyMint) {
        self.ledger = ledger
        self.keys = keys
    }

    private static var now: Instant { Instant(microseconds: CallerIdentity.now) }

    /// Makes an API key.
    public func create(
        _ request: Holdfast_V1_CreateApiKeyRequest, by caller: String
    ) async throws -> Holdfast_V1_CreateApiKeyResponse {
        let minted = keys.mint()
        let body = try IdempotentBody(.createApiKey, request).bytes
        let draft = try AccessRequests.create(request, minted: minted, body: body)
        let made = try await ledger.createKey(draft, caller: caller)
        return .with {
            $0.key = Holdfast_V1_ApiKey(made.key, at: Self.now)
            $0.secret = made.isRepeated ? "" : minted.text
            $0.repeated = made.isRepeated
        }
    }

    /// A page of API keys.
    public func list(_ request: Holdfast_V1_ListApiKeysRequest) async throws -> Holdfast_V1_ListApiKeysResponse {
        let asked = try ListRequests.keys(request)
        let page = try await ledger.keys(includeEnded: request.includeEnded, before: asked.after, limit: asked.limit)
        return .with {
            $0.keys = page.elements.map { Holdfast_V1_ApiKey($0, at: Self.now) }
            $0.nextPageToken = asked.next(page) { ApiKeyKey(createdAt: $0.createdAt, id: $0.id) }
        }
    }

    /// Ends an API key.
    public func revoke(
        _ request: Holdfast_V1_RevokeApiKeyRequest, by caller: String
    ) async throws -> Holdfast_V1_RevokeApiKeyResponse {
        let key = try await ledger.revokeKey(try AccessRequests.revoke(request), caller: caller)
        return .with { $0.key = Holdfast_V1_ApiKey(key, at: Self.now) }
    }

    /// Replaces an API key.
    public func rotate(
        _ request: Holdfast_V1_RotateApiKeyRequest, by caller: String
    ) async throws -> Holdfast_V1_RotateApiKeyResponse {
        let minted = keys.mint()
        let body = try IdempotentBody(.rotateApiKey, request).bytes
        let (draft, name) = try AccessRequests.rotate(request, minted: minted, body: body)
        let made = try await ledger.rotateKey(
            draft, replacing: name, overlapSeconds: request.overlapSeconds, caller: caller)
        return .with {
            $0.key = Holdfast_V1_ApiKey(made.key, at: Self.now)
            $0.secret = made.isRepeated ? "" : minted.text
            $0.repeated = made.isRepeated
            if let replaced = made.replaced { $0.replaced = Holdfast_V1_ApiKey(replaced, at: Self.now) }
        }
    }

    /// A page of the audit log.
    public func audit(
        _ request: Holdfast_V1_ListAuditEventsRequest
    ) async throws -> Holdfast_V1_ListAuditEventsResponse {
        let (asked, filter) = try ListRequests.audit(request)
        let page = try await ledger.auditEvents(filter, before: asked.after, limit: asked.limit)
        return .with {
            $0.events = page.events.map { Holdfast_V1_AuditEvent($0) }
            $0.nextPageToken = page.next.map { asked.token(after: $0) } ?? ""
        }
    }
}
