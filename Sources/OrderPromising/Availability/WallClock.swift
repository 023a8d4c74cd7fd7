import Domain

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// This server's clock, for what is only shown.
///
/// Expiry is decided by PostgreSQL's clock.
enum WallClock {
    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }
}
