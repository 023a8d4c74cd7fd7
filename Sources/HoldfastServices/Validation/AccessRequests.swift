import Domain
import HoldfastAPI
import SwiftProtobuf

/// Requests about API keys, translated and validated.
enum AccessRequests {
    /// Most bytes of a key's name.
    static let nameBound = 128
    /// Most channels or locations that a key may be held to.
    static let scopeBound = 100
    /// Most bytes of a caller's id: `sso:` and a subject of 256 bytes.
    static let callerBound = 260
    /// Longest overlap of two keys, in seconds: 30 days.
    static let overlapBound: Int64 = 30 * 86_400

    /// The key that is to be made.
    static func create(
        _ request: Holdfast_V1_CreateApiKeyRequest, minted: MintedKey, body: [UInt8]
    ) throws(Refusal) -> ApiKeyDraft {
        var validation = RequestValidation()
        let id = validation.id(request.keyID, "key_id")
        validation.text(request.name, from: 1, to: nameBound, "name")
        var roles: [Role] = []
        if request.roles.isEmpty { validation.refuse("roles", "is required: at least one") }
        for (index, role) in request.roles.prefix(Role.allCases.count + 1).enumerated() {
            if let known = Role(role) {
                roles.append(known)
            } else {
                validation.refuse("roles[\(index)]", "is no role")
            }
        }
        validation.unique(request.roles.lazy.map(\.rawValue), "this role") { "roles[\($0)]" }
        let channels = codes(request.channels, "channels", &validation)
        let locations = codes(request.locations, "locations", &validation)
        let expiresAt = request.hasExpiresAt ? validation.instant(request.expiresAt, "expires_at") : nil
        try validation.finish()
        return ApiKeyDraft(
            id: id, prefix: minted.prefix, secretHash: minted.secretHash, name: request.name, roles: Set(roles),
            scope: Scope(channels: channels, locations: locations), expiresAt: expiresAt, body: body)
    }

    /// The key that is to replace another one.
    static func rotate(
        _ request: Holdfast_V1_RotateApiKeyRequest, minted: MintedKey, body: [UInt8]
    ) throws(Refusal) -> (draft: ApiKeyDraft, name: ApiKeyName) {
        var validation = RequestValidation()
        let id = validation.id(request.keyID, "key_id")
        validation.code(request.replaces, "replaces")
        validation.number(request.overlapSeconds, in: 0...overlapBound, "overlap_seconds")
        let expiresAt = request.hasExpiresAt ? validation.instant(request.expiresAt, "expires_at") : nil
        try validation.finish()
        let draft = ApiKeyDraft(
            id: id, prefix: minted.prefix, secretHash: minted.secretHash, name: "", roles: [], scope: .everything,
            expiresAt: expiresAt, body: body)
        return (draft, ApiKeyName(request.replaces))
    }

    /// The key that is to be ended.
    static func revoke(_ request: Holdfast_V1_RevokeApiKeyRequest) throws(Refusal) -> ApiKeyName {
        var validation = RequestValidation()
        validation.code(request.key, "key")
        try validation.finish()
        return ApiKeyName(request.key)
    }

    /// Codes that a key is held to; nil for none.
    private static func codes(
        _ codes: [String], _ field: String, _ validation: inout RequestValidation
    ) -> Set<String>? {
        guard !codes.isEmpty else { return nil }
        if codes.count > scopeBound {
            validation.refuse(field, "must have at most \(scopeBound) entries, has \(codes.count)")
            return []
        }
        for (index, code) in codes.enumerated() { validation.code(code, "\(field)[\(index)]") }
        validation.unique(codes, "this code") { "\(field)[\($0)]" }
        return Set(codes)
    }
}
