import Foundation
import PrivateStores
import Testing

@Suite("A private PostgreSQL")
struct PrivatePostgresTests {
    private func query(_ postgres: PrivatePostgres, _ sql: String, database: String = "postgres") throws -> String {
        try Shell.run("psql", ["-XAtc", sql, postgres.connectionString(database: database)])
    }

    @Test("answers on its socket and on its port, durable, in UTF-8; its data survive a stop")
    func answersAndKeepsData() async throws {
        try await ScratchDirectory.with { directory in
            let first = try await PrivatePostgres.start(directory: directory, listensOnPort: true)
            #expect(try query(first, "SHOW fsync") == "on")
            #expect(try query(first, "SHOW synchronous_commit") == "on")
            #expect(try query(first, "SHOW server_encoding") == "UTF8")
            #expect(try query(first, "SHOW shared_buffers") == "256MB")
            try await first.createDatabase("shop one")
            _ = try query(first, "CREATE TABLE t AS SELECT 42 AS n", database: "shop one")
            let portString = try #require(try first.portConnectionString(database: "shop one"))
            #expect(try Shell.run("psql", ["-XAtc", "SELECT n FROM t", portString]) == "42")
            let withoutPassword = "postgresql://holdfast@127.0.0.1:\(first.port)/postgres"
            #expect(throws: Shell.Failure.self) {
                try Shell.run("psql", ["-XAtwc", "SELECT 1", withoutPassword])
            }
            await first.stop()

            let second = try await PrivatePostgres.start(directory: directory, settings: ["work_mem": "7MB"])
            #expect(try second.portConnectionString() == nil)
            #expect(try query(second, "SHOW work_mem") == "7MB")
            #expect(try query(second, "SELECT n FROM t", database: "shop one") == "42")
            try await second.createDatabase("copy", template: "shop one")
            #expect(try query(second, "SELECT n FROM t", database: "copy") == "42")
            try await second.dropDatabase("copy")
            #expect(throws: Shell.Failure.self) { try query(second, "SELECT 1", database: "copy") }
            await #expect(throws: PrivateStoreError.self) { try await second.createDatabase("shop one") }
            await second.stop()
        }
    }

    @Test("recovers after kill -9 of all its processes")
    func recoversFromKill() async throws {
        try await ScratchDirectory.with { directory in
            let postgres = try await PrivatePostgres.start(directory: directory)
            _ = try query(postgres, "CREATE TABLE t AS SELECT 7 AS n")
            let pids = try query(postgres, "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
                .split(separator: "\n").compactMap { Int32($0) }
            #expect(pids.count >= 4)
            let postmaster = try #require(postgres.processID)
            postgres.kill9()
            #expect(!Shell.isAlive(postmaster))
            #expect(pids.allSatisfy { !Shell.isAlive($0) })
            #expect(FileManager.default.fileExists(atPath: directory + "/data/postmaster.pid"))
            try await postgres.restart()
            #expect(try query(postgres, "SELECT n FROM t") == "7")
            await postgres.stop()
        }
    }

    @Test("starts though a left-over file names a process that is alive and something else")
    func ignoresForeignProcess() async throws {
        try await ScratchDirectory.with { directory in
            let first = try await PrivatePostgres.start(directory: directory)
            let socket = first.socketDirectory + "/.s.PGSQL.\(first.port)"
            first.kill9()
            await first.stop()
            // Our own process stands for whatever has the old server's id after a reboot.
            let remains = "\(ProcessInfo.processInfo.processIdentifier)\n\(directory)/data\n0\n5432\n"
            try remains.write(toFile: directory + "/data/postmaster.pid", atomically: false, encoding: .utf8)
            try remains.write(toFile: socket + ".lock", atomically: false, encoding: .utf8)
            let second = try await PrivatePostgres.start(directory: directory)
            #expect(try query(second, "SELECT 1") == "1")
            await second.stop()
        }
    }

    @Test("refuses a directory that another live one uses")
    func refusesSharedDirectory() async throws {
        try await ScratchDirectory.with { directory in
            let first = try await PrivatePostgres.start(directory: directory)
            await #expect {
                _ = try await PrivatePostgres.start(directory: directory)
            } throws: { ($0 as? PrivateStoreError)?.code == .directoryUnusable }
            #expect(try query(first, "SELECT 1") == "1")
            await first.stop()
        }
    }

    @Test("works in a deep directory, by a socket in a short one")
    func deepDirectory() async throws {
        try await ScratchDirectory.with(depth: 6) { directory in
            let postgres = try await PrivatePostgres.start(directory: directory)
            #expect(!postgres.socketDirectory.hasPrefix(directory))
            #expect(try query(postgres, "SELECT 1") == "1")
            await postgres.stop()
            #expect(!FileManager.default.fileExists(atPath: postgres.socketDirectory))
        }
    }

    @Test("does not run as root, and says so when its account cannot reach the directory", .enabled(if: geteuid() == 0))
    func dropsPrivileges() async throws {
        try await ScratchDirectory.with { directory in
            let postgres = try await PrivatePostgres.start(directory: directory)
            let pid = try #require(postgres.processID)
            let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
            #expect(!status.contains("Uid:\t0"))
            await postgres.stop()
        }
        try await ScratchDirectory.with { directory in
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            await #expect {
                _ = try await PrivatePostgres.start(directory: directory + "/inside")
            } throws: { error in
                guard let error = error as? PrivateStoreError else { return false }
                return error.code == .directoryUnusable && error.message.contains("cannot reach")
            }
        }
    }

    @Test("says what went wrong when a setting is refused")
    func reportsFailure() async throws {
        try await ScratchDirectory.with { directory in
            await #expect {
                _ = try await PrivatePostgres.start(directory: directory, settings: ["no_such_setting": "1"])
            } throws: { error in
                guard let error = error as? PrivateStoreError else { return false }
                return error.code == .programFailed && error.message.contains("no_such_setting")
            }
        }
    }

    @Test("makes a cluster anew when an earlier attempt was cut off")
    func finishesInterruptedInitialisation() async throws {
        try await ScratchDirectory.with { directory in
            try FileManager.default.createDirectory(atPath: directory + "/data.new", withIntermediateDirectories: true)
            try "half".write(toFile: directory + "/data.new/PG_VERSION", atomically: false, encoding: .utf8)
            let postgres = try await PrivatePostgres.start(directory: directory)
            #expect(try query(postgres, "SELECT 1") == "1")
            await postgres.stop()
        }
    }
}
