import Logging
import ServiceLifecycle
import UnixSignals

/// Looks every few seconds, and on SIGHUP, whether the certificate has been replaced.
struct TLSReloadService: Service {
    private static let interval = Duration.seconds(2)

    let keeper: TLSKeeper

    func run() async throws {
        await cancelWhenGracefulShutdown {
            let signals = await UnixSignalsSequence(trapping: .sighup)
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in signals { keeper.refresh(always: true) }
                }
                group.addTask {
                    do {
                        while true {
                            try await Task.sleep(for: Self.interval)
                            keeper.refresh()
                        }
                    } catch {
                        // Cancelled: the server stops.
                    }
                }
            }
        }
    }
}
