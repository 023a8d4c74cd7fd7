import Glibc

/// Plain threads, which may block as long as they like.
enum OwnerThread {
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
}
