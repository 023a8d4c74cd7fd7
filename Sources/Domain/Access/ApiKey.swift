/// An API key as servers know it: everything but its secret.
public struct ApiKey: Hashable, Sendable {
    /// Where a key stands.
    public enum State: Hashable, Sendable {
        /// Servers take it.
        case active
        /// Its time is over.
        case expired
        /// It was ended by an administrator, or has no role that this version knows.
        case revoked
    }

    /// The id made by who created it.
    public var id: EntityID
    /// The public part, by which it is found.
    public var prefix: String
    /// Name for people.
    public var name: String
    /// What it may do; empty where it has only roles that this version does not know.
    public var roles: Set<Role>
    /// With which part of the company.
    public var scope: Scope
    /// When it was made.
    public var createdAt: Instant
    /// Who made it.
    public var createdBy: String
    /// When it expires; nil for never.
    public var expiresAt: Instant?
    /// When it was revoked.
    public var revokedAt: Instant?
    /// The key that replaces it.
    public var replacedBy: EntityID?

    /// Makes a key's description.
    public init(
        id: EntityID, prefix: String, name: String, roles: Set<Role>, scope: Scope, createdAt: Instant,
        createdBy: String, expiresAt: Instant?, revokedAt: Instant?, replacedBy: EntityID?
    ) {
        self.id = id
        self.prefix = prefix
        self.name = name
        self.roles = roles
        self.scope = scope
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.replacedBy = replacedBy
    }

    /// Where it stands at a moment.
    public func state(at now: Instant) -> State {
        if revokedAt != nil || roles.isEmpty { return .revoked }
        if let expiresAt, expiresAt <= now { return .expired }
        return .active
    }

    /// Who calls with it.
    public var caller: Caller { Caller(id: "key:\(prefix)", name: name, roles: roles, scope: scope) }
}

/// A key that is to be made: what was asked for, and what is stored of its secret.
public struct ApiKeyDraft: Sendable {
    /// The caller-made id.
    public var id: EntityID
    /// The public part.
    public var prefix: String
    /// The SHA-256 of the secret, 32 bytes.
    public var secretHash: [UInt8]
    /// Name for people.
    public var name: String
    /// What it may do, at least one role.
    public var roles: Set<Role>
    /// With which part of the company.
    public var scope: Scope
    /// When it expires; nil for never.
    public var expiresAt: Instant?
    /// The request in its canonical encoding.
    public var body: [UInt8]

    /// Makes a draft.
    public init(
        id: EntityID, prefix: String, secretHash: [UInt8], name: String, roles: Set<Role>, scope: Scope,
        expiresAt: Instant?, body: [UInt8]
    ) {
        self.id = id
        self.prefix = prefix
        self.secretHash = secretHash
        self.name = name
        self.roles = roles
        self.scope = scope
        self.expiresAt = expiresAt
        self.body = body
    }
}

/// How a key is named: by its id, or by its prefix.
public enum ApiKeyName: Hashable, Sendable, CustomStringConvertible {
    /// The caller-made id.
    case id(EntityID)
    /// The public part.
    case prefix(String)

    /// Reads either.
    public init(_ text: String) {
        self = EntityID(text).map { .id($0) } ?? .prefix(text)
    }

    /// The name's text.
    public var description: String {
        switch self {
        case .id(let id): id.description
        case .prefix(let prefix): prefix
        }
    }
}

/// One change, as the audit log tells it.
public struct AuditEvent: Hashable, Sendable {
    /// When it was committed.
    public var at: Instant
    /// The id of the request.
    public var request: EntityID
    /// The method.
    public var method: String
    /// Who made it; empty where that was not recorded.
    public var caller: String
    /// What was changed, where that is another thing than the request.
    public var subject: EntityID?

    /// Makes an event.
    public init(at: Instant, request: EntityID, method: String, caller: String, subject: EntityID?) {
        self.at = at
        self.request = request
        self.method = method
        self.caller = caller
        self.subject = subject
    }
}
