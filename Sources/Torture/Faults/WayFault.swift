import NIOCore

/// A fault of one way: cut, delayed or silent for a while.
struct WayFault: Sendable {
    let proxy: FaultyProxy
    let fault: PlannedFault

    /// Does it, waits its time, and opens the way again.
    func run() async throws {
        switch fault.kind {
        case .cutClients:
            // Clients come back at once: it is done again and again.
            for _ in 0..<max(1, fault.milliseconds / 150) {
                proxy.cut()
                try await Task.sleep(for: .milliseconds(min(150, fault.milliseconds)))
            }
        case .cutRedis, .cutPostgres:
            try await hold(.refusing) { proxy.cut() }
        case .delayRedis, .delayPostgres:
            try await hold(.delaying(.milliseconds(Int64(fault.strength))))
        case .latePostgres:
            // Up to where an attempt on its way is taken for dead.
            try await hold(.delaying(.milliseconds(1_500 + Int64(fault.strength) * 60)))
        case .silentRedis, .silentPostgres, .silentClients:
            try await hold(.silent(fault.silence))
        case .killServer, .killRedis, .killPostgres, .pauseServer, .pauseRedis, .pausePostgres, .flushRedis,
            .flushFunctions, .oldRedis, .twoRedis, .fullDisk, .slowFlush, .clockStep:
            preconditionFailure("\(fault.kind) is no fault of a way")
        }
    }

    private func hold(_ mode: ProxyMode, _ atOnce: () -> Void = {}) async throws {
        proxy.set(mode)
        atOnce()
        try await Task.sleep(for: .milliseconds(fault.milliseconds))
        proxy.set(.open)
    }
}
