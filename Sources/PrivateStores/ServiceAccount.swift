import Glibc

/// The unprivileged account that PostgreSQL runs under when we are root, which it refuses to run as.
struct ServiceAccount: Hashable, Sendable {
    let name: String
    let userID: uid_t
    let groupID: gid_t

    /// Nil when we are not root: then everything runs as ourselves.
    static func current() throws(PrivateStoreError) -> ServiceAccount? {
        guard geteuid() == 0 else { return nil }
        for name in ["postgres", "nobody"] {
            guard let entry = getpwnam(name) else { continue }
            return ServiceAccount(name: name, userID: entry.pointee.pw_uid, groupID: entry.pointee.pw_gid)
        }
        throw PrivateStoreError(
            .programMissing, "PostgreSQL does not run as root and there is neither an account postgres nor nobody")
    }
}
