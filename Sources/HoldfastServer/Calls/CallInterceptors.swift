import GRPCCore

/// What every call passes on its way to a service, on both ports.
enum CallInterceptors {
    /// The chain, from the outermost to the one next to the service.
    static func chain(
        startGate: StartGate, isDraining: @escaping @Sendable () -> Bool
    ) -> [any ServerInterceptor] {
        [
            StatusDetails(),
            CallDeadlines(isDraining: isDraining),
            startGate,
        ]
    }
}
