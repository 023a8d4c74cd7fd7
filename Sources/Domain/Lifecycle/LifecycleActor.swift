/// Who may cause a transition.
public enum LifecycleActor: Hashable, Sendable, Comparable {
    /// A caller with this role.
    case role(Role)
    /// Holdfast itself: its clocks, its rules, and what carriers, gateways and suppliers report to it.
    case system

    /// Its name as pages show it.
    public var word: String {
        switch self {
        case .role(let role): role.rawValue
        case .system: "system"
        }
    }

    /// Orders roles as they are declared, the system last.
    public static func < (left: LifecycleActor, right: LifecycleActor) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .role(let role): Role.allCases.firstIndex(of: role) ?? Role.allCases.count
        case .system: Role.allCases.count
        }
    }
}

extension Set<LifecycleActor> {
    /// Holdfast and nobody else: what cannot be said by a caller, such as the answer of a gateway.
    public static let systemAlone: Set = [.system]

    /// Callers with one of these roles, and administrators.
    public static func people(_ roles: Role...) -> Set { Set(roles.map { .role($0) }).union([.role(.admin)]) }

    /// Callers with one of these roles, administrators, and Holdfast itself.
    public static func peopleOrSystem(_ roles: Role...) -> Set {
        Set(roles.map { .role($0) }).union([.role(.admin), .system])
    }

    /// The roles among them.
    public var roles: Set<Role> {
        var roles: Set<Role> = []
        for case .role(let role) in self { roles.insert(role) }
        return roles
    }
}

extension Caller {
    /// As whom the caller acts.
    public var actors: Set<LifecycleActor> { self == .system ? .systemAlone : Set(roles.map { .role($0) }) }
}
