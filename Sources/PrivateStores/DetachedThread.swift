import Glibc

/// Threads for what blocks: waiting for children, and the work of asynchronous callers.
enum DetachedThread {
    private final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    /// Starts a thread, which ends with the body.
    static func start(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body))
        var thread = pthread_t()
        let outcome = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { preconditionFailure("a thread without its work") }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        precondition(outcome == 0, "a thread cannot be started: error \(outcome)")
        pthread_detach(thread)
    }

    /// Runs a body that blocks, away from the cooperative threads and to its end even if the task is cancelled.
    static func run<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            self.start { continuation.resume(with: Result { try body() }) }
        }
    }

    /// Runs a body that blocks and cannot fail.
    static func run<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            self.start { continuation.resume(returning: body()) }
        }
    }

    /// Asks until the answer is true, or the time is over, which gives false; blocks meanwhile.
    static func poll(seconds: Double, _ isDone: () throws -> Bool) rethrows -> Bool {
        let pause: useconds_t = 2_000
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let end = Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 + seconds
        while true {
            if try isDone() { return true }
            clock_gettime(CLOCK_MONOTONIC, &time)
            guard Double(time.tv_sec) + Double(time.tv_nsec) / 1e9 < end else { return false }
            usleep(pause)
        }
    }
}
