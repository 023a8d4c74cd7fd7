import PrivateStores
import Testing

@Suite("A private stack")
struct PrivateStackTests {
    @Test("has both stores, and stops both")
    func startsAndStops() async throws {
        try await ScratchDirectory.with { directory in
            let stack = try await PrivateStack.start(directory: directory, postgresSettings: ["work_mem": "5MB"])
            #expect(try Shell.run("redis-cli", ["-s", stack.redis.unixSocketPath, "PING"]) == "PONG")
            let work = try Shell.run("psql", ["-XAtc", "SHOW work_mem", stack.postgres.connectionString()])
            #expect(work == "5MB")
            let pids = try [#require(stack.redis.processID), #require(stack.postgres.processID)]
            await stack.stop()
            #expect(pids.allSatisfy { !Shell.isAlive($0) })
        }
    }

    @Test("leaves nothing running when one store cannot start")
    func stopsTheOther() async throws {
        try await ScratchDirectory.with { directory in
            await #expect(throws: PrivateStoreError.self) {
                _ = try await PrivateStack.start(directory: directory, postgresSettings: ["no_such_setting": "1"])
            }
            // The directory is free again, so the Redis that had started is gone.
            let redis = try await PrivateRedis.start(directory: directory + "/redis")
            await redis.stop()
        }
    }
}
