import Foundation
import Logging
import PostgresClient
import PrivateStores
import Testing

@testable import holdfast

/// What `serve` and `doctor` say of stores that are not, or not any more, the deployment's.
@Suite("Stores of somebody else", .serialized)
struct DoctorCommandTests {
    /// Private stores with databases of the given names, migrated.
    private static func with(
        databases: [String], _ body: (PrivateStack, (String) -> [String]) async throws -> Void
    ) async throws {
        let folder = try Shop.temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let stack = try await PrivateStack.start(directory: folder)
        func urls(_ database: String) -> [String] {
            ["--redis-url", stack.redis.url, "--postgres-url", stack.postgres.connectionString(database: database)]
        }
        for database in databases {
            try await stack.postgres.createDatabase(database)
            let migrated = try await Program.run(["migrate", "run"] + urls(database))
            try #require(migrated.status == 0, "\(migrated.errors)")
        }
        try await body(stack, urls)
        await stack.stop()
    }

    private static func run(_ sql: String, on stack: PrivateStack, _ database: String) async throws {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: stack.postgres.connectionString(database: database), connectionCount: 1),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await pool.withConnection { connection in try connection.executeScript(sql) })
        } catch {
            outcome = .failure(error)
        }
        await pool.shutdown()
        try outcome.get()
    }

    @Test("serve says in plain words whose Redis it found and what to do; the doctor does it")
    func anothersRedis() async throws {
        try await Self.with(databases: ["one", "two"]) { stack, urls in
            let serve = ["serve", "--tcp-port", "0", "--allow-anonymous"]
            let first = try Program.start(serve + urls("one"))
            _ = try await first.serverAddress()
            #expect(try await Program.run(["doctor"] + urls("one")).status == 0)

            let second = try Program.start(serve + urls("two"))
            try await second.poll("a refusal") { second.errorText.contains("this Redis belongs to the deployment") }
            for words in ["under the key prefix hf:", "holdfast doctor --repair --take-redis"] {
                #expect(second.errorText.contains(words), "\(second.errorText)")
            }
            #expect(second.text.isEmpty)
            let sick = try await Program.run(["doctor"] + urls("two"))
            #expect(sick.status == 4)
            #expect(sick.output.contains("but this Redis belongs to"))
            #expect(try await Program.run(["doctor"] + urls("one")).status == 0)

            #expect(try await Program.run(["doctor", "--take-redis"] + urls("two")).status == 2)
            let nameless = try await Program.run(["doctor", "--key-prefix", ""] + urls("one"))
            #expect(nameless.status == 2)
            #expect(nameless.errors.contains("key-prefix must have 1 to 64 bytes"), "\(nameless.errors)")
            let misled = try await Program.run(["doctor", "--key-prefix", "typo:"] + urls("one"))
            #expect(misled.status == 4)
            #expect(misled.output.contains("running servers use another Redis"), "\(misled.output)")
            try await first.stop()
            let taken = try await Program.run(["doctor", "--repair", "--take-redis"] + urls("two"))
            #expect(
                taken.output.contains("did  deployment: this Redis is the one of"), "\(taken.output)\(taken.errors)")
            _ = try await second.serverAddress()
            let well = try await Program.run(["doctor", "--format", "json"] + urls("two"))
            #expect(well.status == 0, "\(well.output)")
            let report = try #require(
                try JSONSerialization.jsonObject(with: Data(well.output.utf8)) as? [String: Any])
            #expect((report["findings"] as? [[String: String]])?.allSatisfy { $0["verdict"] != "wrong" } == true)
            #expect((report["vshards"] as? [[String: Any]])?.count == 16)
            #expect((report["repairs"] as? [Any])?.isEmpty == true)
            #expect(try await Program.run(["doctor"] + urls("one")).status == 4)
            try await second.stop()
        }
    }

    @Test(
        "a schema from the future is refused with the way on, unless it lets older programs go on; a running server ends"
    )
    func newerSchema() async throws {
        try await Self.with(databases: ["shop"]) { stack, urls in
            let serve = ["serve", "--tcp-port", "0", "--allow-anonymous"] + urls("shop")
            let running = try Program.start(serve)
            _ = try await running.serverAddress()
            try await Self.run(
                "INSERT INTO schema_migration (version, name, checksum, oldest_program) VALUES (98, 'gentle', 1, 3)",
                on: stack, "shop")
            #expect(try await Program.run(["migrate", "status"] + urls("shop")).status == 0)
            let doctor = try await Program.run(["doctor"] + urls("shop"))
            #expect(doctor.status == 0, "\(doctor.output)")
            #expect(doctor.output.contains("version 98, newer than this program, which may go on"))
            let beside = try Program.start(serve)
            _ = try await beside.serverAddress()
            try await beside.stop()
            #expect(running.isRunning)

            try await Self.run(
                "INSERT INTO schema_migration (version, name, checksum, oldest_program) VALUES (99, 'harsh', 1, 99)",
                on: stack, "shop")
            let late = try await Program.run(serve)
            #expect(late.status == 4)
            #expect(late.errors.contains("run a newer program"), "\(late.errors)")
            #expect(try await Program.run(["doctor"] + urls("shop")).output.contains("WRONG  schema"))
            for _ in 0..<600 where running.isRunning { try await Task.sleep(for: .milliseconds(50)) }
            #expect(running.status == 4)
            #expect(running.errorText.contains("run a newer program"), "\(running.errorText)")
        }
    }
}
