import Domain
import HoldfastAPI
import SwiftProtobuf

extension Role {
    /// The role of the contract; nil for what is none.
    init?(_ role: Holdfast_V1_Role) {
        switch role {
        case .pos: self = .pos
        case .kiosk: self = .kiosk
        case .backend: self = .backend
        case .warehouse: self = .warehouse
        case .support: self = .support
        case .finance: self = .finance
        case .admin: self = .admin
        case .unspecified, .UNRECOGNIZED: return nil
        }
    }
}

extension Holdfast_V1_Role {
    init(_ role: Role) {
        self =
            switch role {
            case .pos: .pos
            case .kiosk: .kiosk
            case .backend: .backend
            case .warehouse: .warehouse
            case .support: .support
            case .finance: .finance
            case .admin: .admin
            }
    }

    /// The roles of the contract, in its order.
    static func all(of roles: Set<Role>) -> [Holdfast_V1_Role] {
        Role.allCases.filter { roles.contains($0) }.map { Holdfast_V1_Role($0) }
    }
}

extension Holdfast_V1_Scope {
    init(_ scope: Scope) {
        self.init()
        allChannels = scope.channels == nil
        channels = scope.channels?.sorted() ?? []
        allLocations = scope.locations == nil
        locations = scope.locations?.sorted() ?? []
    }
}

extension Holdfast_V1_ApiKey {
    init(_ key: ApiKey, at now: Instant) {
        self.init()
        keyID = key.id.description
        prefix = key.prefix
        name = key.name
        roles = Holdfast_V1_Role.all(of: key.roles)
        scope = Holdfast_V1_Scope(key.scope)
        state =
            switch key.state(at: now) {
            case .active: .active
            case .expired: .expired
            case .revoked: .revoked
            }
        if let stamp = Google_Protobuf_Timestamp(key.createdAt) { createdAt = stamp }
        createdBy = key.createdBy
        if let stamp = key.expiresAt.flatMap({ Google_Protobuf_Timestamp($0) }) { expiresAt = stamp }
        if let stamp = key.revokedAt.flatMap({ Google_Protobuf_Timestamp($0) }) { revokedAt = stamp }
        replacedBy = key.replacedBy?.description ?? ""
    }
}

extension Holdfast_V1_AuditEvent {
    init(_ event: AuditEvent) {
        self.init()
        if let stamp = Google_Protobuf_Timestamp(event.at) { at = stamp }
        caller = event.caller
        method = event.method
        requestID = event.request.description
        subjectID = event.subject?.description ?? ""
    }
}
