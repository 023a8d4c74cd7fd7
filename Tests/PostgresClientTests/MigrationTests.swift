import PostgresClient
import PrivateStores
import Testing

@Suite("Migrations", PostgresServer())
struct MigrationTests {
    private static let first = Migration(version: 1, name: "products", sql: "CREATE TABLE product (id bigint);")
    private static let second = Migration(
        version: 2, name: "prices", sql: "CREATE TABLE price (id bigint); INSERT INTO price VALUES (1), (2);")
    private static let third = Migration(version: 5, name: "more", sql: "ALTER TABLE product ADD name text")

    private func withDatabase(_ body: (PostgresConfiguration) async throws -> Void) async throws {
        let name = PostgresServer.tableName()
        let server = try PostgresServer.current
        try await server.createDatabase(name)
        try await body(PostgresConfiguration(connectionString: server.connectionString(database: name)))
    }

    private func runner(_ configuration: PostgresConfiguration, _ migrations: [Migration]) -> MigrationsRunner {
        MigrationsRunner(configuration: configuration, migrations: migrations, logger: PostgresServer.logger)
    }

    private func isRefused(_ error: any Error, _ code: MigrationError.Code, _ version: Int) -> Bool {
        guard let error = error as? MigrationError else { return false }
        return error.code == code && error.version == version
    }

    @Test("are applied in order, once, and told of")
    func apply() async throws {
        try await self.withDatabase { configuration in
            let one = self.runner(configuration, [Self.first])
            let before = try await one.status()
            #expect(before.applied.isEmpty)
            #expect(before.pending == [Self.first])
            #expect(try await one.run() == [Self.first])
            #expect(try await one.run().isEmpty)

            let all = self.runner(configuration, [Self.first, Self.second, Self.third])
            #expect(try await all.status().pending == [Self.second, Self.third])
            #expect(try await all.run() == [Self.second, Self.third])
            let after = try await all.status()
            #expect(after.applied.map(\.version) == [1, 2, 5])
            #expect(after.applied.map(\.name) == ["products", "prices", "more"])
            #expect(after.applied.map(\.checksum) == [Self.first, Self.second, Self.third].map(\.checksum))
            #expect(after.pending.isEmpty)
            try await PostgresServer.withPool(configuration) { (pool) async throws in
                #expect(try await pool.number("SELECT count(name) + (SELECT count(*) FROM price) FROM product") == 2)
            }
        }
    }

    @Test("wait for another runner, so that each is applied once")
    func concurrent() async throws {
        try await self.withDatabase { (configuration) async throws in
            let applied = try await withThrowingTaskGroup(of: [Migration].self) { group in
                for _ in 0..<6 {
                    let runner = self.runner(configuration, [Self.first, Self.second, Self.third])
                    group.addTask { try await runner.run() }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.count == 3)
            #expect(Set(applied.map(\.version)) == [1, 2, 5])
        }
    }

    @Test("that fail leave what came before them, and are taken up again when mended")
    func resume() async throws {
        try await self.withDatabase { (configuration) async throws in
            let broken = Migration(
                version: 2, name: "prices", sql: "CREATE TABLE price (id bigint); INSERT INTO nowhere VALUES (1);")
            await #expect {
                _ = try await self.runner(configuration, [Self.first, broken, Self.third]).run()
            } throws: { ($0 as? PostgresError)?.kind == .server(.undefinedTable) }
            let mended = self.runner(configuration, [Self.first, Self.second, Self.third])
            #expect(try await mended.status().applied.map(\.version) == [1])
            #expect(try await mended.run() == [Self.second, Self.third])
        }
    }

    @Test("that were edited after they had been applied are refused")
    func edited() async throws {
        try await self.withDatabase { configuration in
            _ = try await self.runner(configuration, [Self.first, Self.second]).run()
            let edited = Migration(version: 1, name: "products", sql: Self.first.sql + " ")
            await #expect {
                _ = try await self.runner(configuration, [edited, Self.second, Self.third]).run()
            } throws: { self.isRefused($0, .edited, 1) }
            #expect(try await self.runner(configuration, [Self.first, Self.second]).status().pending.isEmpty)
        }
    }

    @Test("of a newer program are left alone")
    func newer() async throws {
        try await self.withDatabase { configuration in
            _ = try await self.runner(configuration, [Self.first, Self.second]).run()
            let old = self.runner(configuration, [Self.first])
            await #expect {
                _ = try await old.run()
            } throws: { self.isRefused($0, .databaseIsNewer, 2) }
            await #expect {
                _ = try await old.status()
            } throws: { self.isRefused($0, .databaseIsNewer, 2) }
        }
    }

    @Test("of a newer program that let older ones go on leave those at work, and nothing is due for them")
    func tolerated() async throws {
        try await self.withDatabase { configuration in
            let kind = Migration(version: 6, name: "kind", sql: "CREATE TABLE kind ();", oldestProgram: 2)
            _ = try await self.runner(configuration, [Self.first, Self.second, Self.third, kind]).run()
            // The third step tolerates nobody who does not know it, the last one alone would.
            await #expect {
                _ = try await self.runner(configuration, [Self.first, Self.second]).status()
            } throws: { self.isRefused($0, .databaseIsNewer, 6) }
            let old = self.runner(configuration, [Self.first, Self.second, Self.third])
            let status = try await old.status()
            #expect(status.pending.isEmpty)
            #expect(status.applied.map(\.version) == [1, 2, 5, 6])
            #expect(status.applied.map(\.oldestProgram) == [1, 2, 5, 2])
            #expect(try await old.run().isEmpty)
            // What the database lacks is told all the same.
            await #expect {
                let other = Migration(version: 3, name: "other", sql: "")
                _ = try await self.runner(configuration, [Self.first, Self.second, other]).status()
            } throws: { self.isRefused($0, .databaseIsNewer, 6) }
        }
    }

    @Test("that an earlier program applied, without a word on older programs, tolerate none")
    func unmarked() async throws {
        try await self.withDatabase { (configuration) async throws in
            _ = try await self.runner(configuration, [Self.first, Self.second]).run()
            try await PostgresServer.withPool(configuration) { (pool) async throws in
                try await pool.withConnection { connection in
                    try connection.executeScript("ALTER TABLE schema_migration DROP COLUMN oldest_program")
                }
            }
            let status = try await self.runner(configuration, [Self.first, Self.second, Self.third]).status()
            #expect(status.applied.map(\.oldestProgram) == [1, 2])
            await #expect {
                _ = try await self.runner(configuration, [Self.first]).status()
            } throws: { self.isRefused($0, .databaseIsNewer, 2) }
            #expect(try await self.runner(configuration, [Self.first, Self.second, Self.third]).run() == [Self.third])
        }
    }

    @Test("that come in between, or that the list lost, are refused")
    func outOfOrder() async throws {
        try await self.withDatabase { configuration in
            _ = try await self.runner(configuration, [Self.first, Self.third]).run()
            await #expect {
                _ = try await self.runner(configuration, [Self.first, Self.second, Self.third]).run()
            } throws: { self.isRefused($0, .outOfOrder, 5) }
            await #expect {
                _ = try await self.runner(configuration, [Self.third]).run()
            } throws: { self.isRefused($0, .outOfOrder, 1) }
            await #expect {
                _ = try await self.runner(configuration, [Self.third, Self.first]).run()
            } throws: { self.isRefused($0, .invalidList, 1) }
            await #expect {
                let proud = Migration(version: 1, name: "proud", sql: "", oldestProgram: 2)
                _ = try await self.runner(configuration, [proud]).run()
            } throws: { self.isRefused($0, .invalidList, 1) }
        }
    }

    @Test("that end their own transaction are refused")
    func endsTransaction() async throws {
        try await self.withDatabase { (configuration) async throws in
            let bad = Migration(version: 1, name: "bad", sql: "CREATE TABLE x (); COMMIT;")
            await #expect {
                _ = try await self.runner(configuration, [bad]).run()
            } throws: { self.isRefused($0, .endsTransaction, 1) }
            #expect(try await self.runner(configuration, [Self.first]).status().applied.isEmpty)
        }
    }

    @Test("have a fingerprint that is the same everywhere")
    func checksum() {
        #expect(Migration(version: 1, name: "", sql: "").checksum == 0xCBF2_9CE4_8422_2325)
        #expect(Migration(version: 1, name: "", sql: "a").checksum == 0xAF63_DC4C_8601_EC8C)
        #expect(Migration(version: 1, name: "", sql: "foobar").checksum == 0x8594_4171_F739_67E8)
    }
}
