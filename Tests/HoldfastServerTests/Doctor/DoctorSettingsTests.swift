import HoldfastServer
import HoldfastTesting
import NIOCore
import PostgresClient
import PrivateStores
import RedisClient
import Testing

/// Settings of the stores that would break a promise, each on real servers of its own.
@Suite("The doctor on settings")
struct DoctorSettingsTests {
    @Test("settings of PostgreSQL that lose what was acknowledged, or let a fence leak, are wrong")
    func postgresSettings() async throws {
        let stack = try await PrivateStack.start(
            directory: TestDirectory.make("doctor-pg"),
            postgresSettings: ["fsync": "off", "full_page_writes": "off"])
        try await Patient.idle(stack: stack) { patient in
            try await patient.run(
                """
                ALTER DATABASE \(patient.database) SET synchronous_commit = off;
                ALTER DATABASE \(patient.database) SET default_transaction_isolation = 'repeatable read';
                """)
            let report = try await patient.examined()
            for name in ["fsync", "full_page_writes", "synchronous_commit", "default_transaction_isolation"] {
                let finding = try #require(report.finding("PostgreSQL \(name)"))
                #expect(finding.verdict == .wrong, "\(name)")
                #expect(finding.advice.contains("set \(name) = "))
            }
            try await patient.run(
                "ALTER DATABASE \(patient.database) SET default_transaction_read_only = on")
            let closed = try await patient.examined()
            #expect(closed.finding("PostgreSQL role")?.verdict == .wrong)
            #expect(closed.finding("PostgreSQL role")?.advice.contains("default_transaction_read_only") == true)
        }
        await stack.stop()
    }

    @Test("an asynchronous standby is wrong, a synchronous one is not, and the standby itself is no place for a server")
    func standbys() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("doctor-standby"))
        try await Patient.idle(stack: stack) { patient in
            #expect(try await patient.examined().finding("PostgreSQL standbys")?.verdict == .ok)
            let directory = TestDirectory.make("doctor-copy")
            try await stack.postgres.copy(to: directory, as: .standby)
            let standby = try await PrivatePostgres.start(directory: directory)
            #expect(
                try await eventually {
                    try await patient.examined().finding("PostgreSQL standbys")?.verdict == .wrong
                })
            let finding = try #require(try await patient.examined().finding("PostgreSQL standbys"))
            #expect(finding.found == "1 connected, all asynchronous")
            #expect(finding.advice.contains("synchronous_standby_names"))

            let there = try await patient.examined {
                $0.postgresURL = standby.connectionString(database: patient.database)
            }
            #expect(there.finding("PostgreSQL role")?.verdict == .wrong)
            #expect(there.finding("PostgreSQL role")?.found.hasPrefix("a standby") == true)
            #expect(there.finding("schema")?.verdict == .ok)

            try await patient.run("ALTER SYSTEM SET synchronous_standby_names = '*'")
            try await patient.run("SELECT pg_reload_conf()")
            #expect(
                try await eventually {
                    let found = try await patient.examined().finding("PostgreSQL standbys")
                    return found?.verdict == .ok && found?.found.hasPrefix("1 connected, 1 of them synchronous") == true
                })
            await standby.stop()
            #expect(
                try await eventually {
                    try await patient.examined().finding("PostgreSQL standbys")?.found.hasPrefix("none connected")
                        == true
                })
            try await patient.run("ALTER SYSTEM RESET synchronous_standby_names")
            try await patient.run("SELECT pg_reload_conf()")
        }
        await stack.stop()
    }

    @Test("a Redis that evicts, is full or writes to disk is told so")
    func redisSettings() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("doctor-redis"))
        try await Patient.idle(stack: stack) { patient in
            func set(_ name: String, _ value: String) async throws {
                _ = try await patient.redis.send(RedisCommand("CONFIG", "SET", name, value))
            }
            try await set("maxmemory-policy", "allkeys-lru")
            #expect(try await patient.examined().finding("Redis eviction")?.verdict == .warning)
            try await set("maxmemory", "100mb")
            let evicting = try #require(try await patient.examined().finding("Redis eviction"))
            #expect(evicting.verdict == .wrong)
            #expect(evicting.advice.contains("noeviction"))
            try await set("maxmemory-policy", "noeviction")
            #expect(try await patient.examined().finding("Redis eviction")?.verdict == .ok)
            #expect(try await patient.examined().finding("Redis memory")?.verdict == .ok)
            try await set("maxmemory", "1mb")
            let full = try #require(try await patient.examined().finding("Redis memory"))
            #expect(full.verdict == .wrong)
            #expect(full.advice.contains("raise maxmemory"))
            try await set("maxmemory", "0")
            try await set("appendonly", "yes")
            #expect(try await patient.examined().finding("Redis persistence")?.verdict == .warning)
        }
        await stack.stop()
    }

    @Test("a replica of Redis is no place for a server")
    func replica() async throws {
        let primary = try await PrivateRedis.start(directory: TestDirectory.make("doctor-primary"), listensOnPort: true)
        let replica = try await PrivateRedis.start(
            directory: TestDirectory.make("doctor-replica"),
            settings: ["replicaof": "127.0.0.1 \(try #require(primary.port))"])
        try await Patient.idle { patient in
            let report = try await patient.examined { $0.redisURL = replica.url }
            #expect(report.finding("Redis role")?.verdict == .wrong)
            #expect(report.finding("Redis role")?.found == "a replica")
        }
        await replica.stop()
        await primary.stop()
    }
}
