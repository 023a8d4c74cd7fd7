import GRPCCore
import HoldfastServices

/// What every call passes on its way to a service, on both ports.
enum CallInterceptors {
    /// The chain, from the outermost to the one next to the service.
    static func chain(
        access: AccessInterceptor, startGate: StartGate, isDraining: @escaping @Sendable () -> Bool
    ) -> [any ServerInterceptor] {
        [
            StatusDetails(),
            CallDeadlines(isDraining: isDraining),
            access,
            startGate,
        ]
    }
}
