import Glibc
import NIOPosix
import PrivateStores
import RedisClient

/// Does faults to a private stack, and undoes them.
struct FaultInjector: Sendable {
    let stack: TortureStack

    /// Why a kind cannot be done here; nil where it can.
    func obstacle(to kind: FaultKind) -> String? {
        switch kind {
        case .fullDisk where stack.disk == nil: "a file system in memory could not be mounted (it needs root)"
        case .slowFlush where stack.trouble == nil, .clockStep where stack.trouble == nil:
            "there is no C compiler to make the preloaded library with"
        default: nil
        }
    }

    /// Does a fault, waits its time, and undoes it.
    ///
    /// Never throws: what fails is in the record, and the stack is healed at the latest by ``TortureStack/heal()``.
    func run(_ fault: PlannedFault, _ history: History) async -> FaultRecord {
        let began = history.now
        var failure: String?
        do {
            try await perform(fault)
        } catch {
            failure = "\(error)"
        }
        return FaultRecord(fault: fault, began: began, ended: history.now, failure: failure)
    }

    private func perform(_ fault: PlannedFault) async throws {
        let server = stack.servers[fault.server % stack.servers.count]
        let ways = stack.ways[fault.server % stack.ways.count]
        switch fault.kind {
        case .killServer:
            try await blocking { server.kill9() }
            try await wait(fault)
            try server.startIfEnded()
        case .killRedis:
            try await blocking { stack.redis.kill9() }
            try await wait(fault)
            try await stack.redis.restart()
        case .killPostgres:
            try await blocking { stack.postgres.kill9() }
            try await wait(fault)
            try await stack.postgres.restart()
        case .pauseServer:
            server.pause()
            try await wait(fault)
            server.resume()
        case .pauseRedis:
            stack.redis.pause()
            try await wait(fault)
            stack.redis.resume()
        case .pausePostgres:
            stack.postgres.pause()
            try await wait(fault)
            stack.postgres.resume()
        case .flushRedis:
            _ = try await stack.redisDesk().send(RedisCommand("FLUSHALL"))
            try await wait(fault)
        case .flushFunctions:
            _ = try await stack.redisDesk().send(RedisCommand("FUNCTION", "FLUSH"))
            try await wait(fault)
        case .oldRedis: try await bringBackOldRedis(fault)
        case .twoRedis: try await promoteReplica(fault)
        case .cutRedis, .delayRedis, .silentRedis: try await WayFault(proxy: ways.redis, fault: fault).run()
        case .cutPostgres, .delayPostgres, .latePostgres, .silentPostgres:
            try await WayFault(proxy: ways.postgres, fault: fault).run()
        case .cutClients, .silentClients: try await WayFault(proxy: ways.clients, fault: fault).run()
        case .fullDisk: try await fillDisk(fault)
        case .slowFlush:
            stack.trouble?.delayFlushes(microseconds: Int64(fault.strength) * 3_000)
            try await wait(fault)
            stack.trouble?.delayFlushes(microseconds: 0)
        case .clockStep:
            let seconds = Int64(fault.strength) * (fault.isTurned ? 2 : -2)
            stack.trouble?.stepClock(microseconds: seconds * 1_000_000)
            try await wait(fault)
            stack.trouble?.stepClock(microseconds: 0)
        }
    }

    private func wait(_ fault: PlannedFault) async throws {
        try await Task.sleep(for: .milliseconds(fault.milliseconds))
    }

    /// Runs what blocks away from the threads that trade.
    private func blocking(_ body: @escaping @Sendable () -> Void) async throws {
        try await NIOThreadPool.singleton.runIfActive(body)
    }

    /// Saves a copy, lets trade go on, then kills Redis and starts it again from the copy.
    private func bringBackOldRedis(_ fault: PlannedFault) async throws {
        let redis = stack.redis
        _ = try await stack.redisDesk().send(RedisCommand("SAVE"))
        let dump = redis.directory + "/dump.rdb"
        let copy = redis.directory + "/copy.rdb"
        guard rename(dump, copy) == 0 else { throw TortureError("the copy of Redis is not at \(dump)") }
        try await wait(fault)
        try await blocking { redis.kill9() }
        guard rename(copy, dump) == 0 else { throw TortureError("the copy of Redis is gone from \(copy)") }
        try await redis.restart()
        // The next start is an empty one again.
        unlink(dump)
    }

    /// Lets a replica fall behind, promotes it while the old primary lives, and gives one server the new one.
    private func promoteReplica(_ fault: PlannedFault) async throws {
        let primary = stack.redis
        let replica = try await stack.startAnotherRedis()
        let desk = try RedisDesk(url: replica.url, group: stack.group)
        do {
            _ = try await desk.send(RedisCommand("REPLICAOF", "127.0.0.1", "\(primary.port ?? 0)"))
            try await waitUntilSynced(desk)
            // From here on it hears of nothing: it lags by the time until a server uses it.
            _ = try await desk.send(RedisCommand("REPLICAOF", "NO", "ONE"))
            try await Task.sleep(for: .milliseconds(fault.milliseconds / 2))
            let moved = stack.ways[fault.server % stack.ways.count].redis
            moved.aim(at: replica.port ?? 0)
            moved.cut()
            try await Task.sleep(for: .milliseconds(fault.milliseconds / 2))
        } catch {
            stack.adopt(primary)
            await replica.stop()
            throw error
        }
        let (kept, dropped) = fault.isTurned ? (replica, primary) : (primary, replica)
        stack.adopt(kept)
        await dropped.stop()
    }

    private func waitUntilSynced(_ desk: RedisDesk) async throws {
        for _ in 0..<500 {
            let text = try await desk.send(RedisCommand("INFO", "replication")).string ?? ""
            if text.contains("master_link_status:up") { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw TortureError("the replica was not in step within 5 s")
    }

    private func fillDisk(_ fault: PlannedFault) async throws {
        try await blocking { stack.disk?.fill() }
        // What PostgreSQL frees meanwhile, such as old log segments, is taken away again.
        for _ in 0..<max(1, fault.milliseconds / 200) {
            try await Task.sleep(for: .milliseconds(200))
            try await blocking { stack.disk?.fill() }
        }
        stack.disk?.clear()
        // A PostgreSQL that cannot write its log gives up; whoever watches over it starts it again.
        try await Task.sleep(for: .milliseconds(200))
        if stack.postgres.processID == nil { try await stack.postgres.restart() }
    }
}
