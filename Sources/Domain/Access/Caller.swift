/// Who makes a call, and what that one may do.
public struct Caller: Hashable, Sendable {
    /// Stable name for records and limits: `key:` and the key's public prefix, or `sso:` and the token's subject, or
    /// `anonymous`.
    public var id: String
    /// Name for people.
    public var name: String
    /// What it may do.
    public var roles: Set<Role>
    /// With which part of the company.
    public var scope: Scope

    /// Makes a caller.
    public init(id: String, name: String, roles: Set<Role>, scope: Scope) {
        self.id = id
        self.name = name
        self.roles = roles
        self.scope = scope
    }

    /// Everybody, on a server that asks for no credentials.
    public static let anonymous = Caller(
        id: "anonymous", name: "anonymous", roles: [.admin], scope: .everything)

    /// Holdfast itself: its clocks and rules.
    ///
    /// It has no role, so no call is made in its name; the tables of the life of an order know it as `system`.
    public static let system = Caller(id: "system", name: "Holdfast", roles: [], scope: .everything)

    /// Nobody: may do nothing, with nothing.
    ///
    /// Stands where a call has not been told who makes it.
    public static let nobody = Caller(
        id: "nobody", name: "nobody", roles: [], scope: Scope(channels: [], locations: []))
}
