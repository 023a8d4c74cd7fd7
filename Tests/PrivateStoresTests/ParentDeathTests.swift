import Foundation
import PrivateStores
import Testing

@Suite("When the process that started the stores is killed")
struct ParentDeathTests {
    @Test("they end too, and the next start finds the data")
    func childrenEnd() async throws {
        let result = await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
            let directory = "/tmp/holdfast-test-\(UInt64.random(in: 0...UInt64.max))"
            let stack = try await PrivateStack.start(directory: directory)
            try Shell.run("psql", ["-XAtc", "CREATE TABLE t AS SELECT 5 AS n", stack.postgres.connectionString()])
            let pids = try [#require(stack.redis.processID), #require(stack.postgres.processID)]
            print("stores", pids[0], pids[1], directory)
            fflush(nil)
            kill(getpid(), SIGKILL)
        }
        let output = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("stores ") })
        let words = line.split(separator: " ")
        let pids = try [#require(Int32(words[1])), #require(Int32(words[2]))]
        let directory = String(words[3])
        defer {
            do {
                try FileManager.default.removeItem(atPath: directory)
            } catch {
                Issue.record("the directory cannot be removed: \(error)")
            }
        }

        // Not waiting for their end here: the next start does that itself.
        let stack = try await PrivateStack.start(directory: directory)
        #expect(pids.allSatisfy { !Shell.isAlive($0) })
        #expect(try Shell.run("psql", ["-XAtc", "SELECT n FROM t", stack.postgres.connectionString()]) == "5")
        await stack.stop()
    }
}
