import Glibc

/// A lock with named waiting places, for threads that block; waits are measured by ``MonotonicClock``.
final class Monitor {
    /// A place to wait in.
    final class Condition {
        fileprivate let handle = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

        init() {
            var attributes = pthread_condattr_t()
            Monitor.check(pthread_condattr_init(&attributes))
            Monitor.check(pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC))
            self.handle.initialize(to: pthread_cond_t())
            Monitor.check(pthread_cond_init(self.handle, &attributes))
            Monitor.check(pthread_condattr_destroy(&attributes))
        }

        deinit {
            Monitor.check(pthread_cond_destroy(self.handle))
            self.handle.deallocate()
        }

        /// Wakes one that waits here.
        func signal() {
            Monitor.check(pthread_cond_signal(self.handle))
        }

        /// Wakes all that wait here.
        func broadcast() {
            Monitor.check(pthread_cond_broadcast(self.handle))
        }
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() {
        self.mutex.initialize(to: pthread_mutex_t())
        Self.check(pthread_mutex_init(self.mutex, nil))
    }

    deinit {
        Self.check(pthread_mutex_destroy(self.mutex))
        self.mutex.deallocate()
    }

    /// Runs the body with the lock held.
    func withLock<R>(_ body: () throws -> R) rethrows -> R {
        Self.check(pthread_mutex_lock(self.mutex))
        defer { Self.check(pthread_mutex_unlock(self.mutex)) }
        return try body()
    }

    /// Waits, with the lock held by the caller and given up meanwhile, until woken or until the moment; wakes for no reason
    /// too.
    func wait(_ condition: Condition, until moment: UInt64? = nil) {
        guard let moment else {
            Self.check(pthread_cond_wait(condition.handle, self.mutex))
            return
        }
        var time = timespec(tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        let outcome = pthread_cond_timedwait(condition.handle, self.mutex, &time)
        if outcome != ETIMEDOUT { Self.check(outcome) }
    }

    private static func check(_ outcome: Int32) {
        precondition(outcome == 0, "a lock was misused: error \(outcome)")
    }
}
