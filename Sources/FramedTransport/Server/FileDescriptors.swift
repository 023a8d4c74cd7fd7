package import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Makes sure that a full house of connections leaves file descriptors for everything else.
package enum FileDescriptors {
    /// Left for stores, files and the other listeners of the process.
    private static let reserve = 256

    /// How many connections there may be.
    ///
    /// The process's own limit of open files is raised as far as the system lets it.
    ///
    /// - Parameters:
    ///   - wanted: What the configuration says.
    ///   - logger: Hears when that is too much.
    /// - Returns: `wanted`, or as many as there are file descriptors for.
    package static func connections(wanted: Int, logger: Logger) -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let resource = RLIMIT_NOFILE
        #endif
        guard getrlimit(resource, &limit) == 0 else { return wanted }
        let needed = rlim_t(clamping: wanted + reserve)
        if limit.rlim_cur < needed {
            limit.rlim_cur = min(needed, limit.rlim_max)
            guard setrlimit(resource, &limit) == 0, getrlimit(resource, &limit) == 0 else { return wanted }
        }
        guard limit.rlim_cur < needed else { return wanted }
        let possible = max(1, Int(limit.rlim_cur) - reserve)
        logger.warning(
            "too few file descriptors for the connections that are allowed",
            metadata: ["wanted": "\(wanted)", "possible": "\(possible)"])
        return possible
    }
}
