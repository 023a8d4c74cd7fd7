import Domain
import Ledger
import Logging
import NIOCore
import Synchronization

/// Keeps the directory up to date.
final class DirectoryFollower: Sendable {
    private let ledger: Ledger
    private let directory: StockDirectory
    private let logger: Logger
    private let running = Mutex<Task<Void, any Error>?>(nil)

    init(ledger: Ledger, directory: StockDirectory, logger: Logger) {
        self.ledger = ledger
        self.directory = directory
        self.logger = logger
    }

    /// Reads what changed up to now.
    ///
    /// A read that another caller has begun meanwhile is not enough: it may be too old.
    func refresh() async throws {
        let earlier = running.withLock { $0 }
        if let earlier { _ = await earlier.result }
        let task = running.withLock { current in
            if let current, current != earlier { return current }
            let task = Task { try await self.read() }
            current = task
            return task
        }
        try await task.value
    }

    private func read() async throws {
        let (generation, horizon) = directory.position
        directory.apply(try await ledger.directoryChanges(since: horizon), since: generation)
    }

    /// Reads everything, where nothing has been read since it was forgotten.
    func readAnew() async throws {
        if directory.position.horizon == 0 { try await refresh() }
    }

    /// Follows other servers' changes until cancelled.
    func run(every interval: Duration) async {
        var failing = false
        while !Task.isCancelled {
            do {
                try await refresh()
                if failing { logger.info("directory follows the ledger again") }
                failing = false
            } catch {
                if !failing { logger.warning("directory cannot be refreshed", metadata: ["error": "\(error)"]) }
                failing = true
            }
            do { try await Task.sleep(for: interval) } catch { return }
        }
    }
}
