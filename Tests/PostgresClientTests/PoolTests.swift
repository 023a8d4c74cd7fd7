import Glibc
import NIOCore
import NIOPosix
import PostgresClient
import PrivateStores
import Synchronization
import Testing

@Suite("A pool", PostgresServer())
struct PoolTests {
    /// Keeps bodies where they are until it is opened.
    private final class Gate: Sendable {
        private let isOpen = Atomic(false)
        private let entered = Atomic(0)

        var enteredCount: Int { self.entered.load(ordering: .acquiring) }

        func open() { self.isOpen.store(true, ordering: .releasing) }

        func pass() {
            self.entered.add(1, ordering: .acquiringAndReleasing)
            while !self.isOpen.load(ordering: .acquiring) { usleep(1_000) }
        }
    }

    private static let one = PostgresStatement(sql: "SELECT 1", access: .readOnly)

    @Test("uses as many connections at once as it may, and no more")
    func size() async throws {
        try await PostgresServer.withPool(connections: 3) { pool in
            let gate = Gate()
            try await withThrowingTaskGroup(of: Int32.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await pool.withConnection { connection in
                            gate.pass()
                            return connection.backendProcessID
                        }
                    }
                }
                #expect(try await PostgresServer.eventually { gate.enteredCount == 3 && pool.status.waiting == 5 })
                #expect(pool.status.busy == 3)
                gate.open()
                var pids: Set<Int32> = []
                for try await pid in group { pids.insert(pid) }
                #expect(pids.count == 3)
            }
            #expect(pool.status.busy == 0)
            #expect(pool.status.waiting == 0)
            #expect(pool.status.connected == 3)
        }
    }

    @Test("refuses callers past the bound on waiting, in number and in time")
    func waitingBounds() async throws {
        try await PostgresServer.withPool(
            connections: 1,
            configure: {
                $0.maximumWaiting = 2
                $0.acquireTimeout = .milliseconds(300)
            }
        ) { pool in
            let gate = Gate()
            try await withThrowingTaskGroup(of: PostgresError.Kind?.self) { group in
                group.addTask {
                    try await pool.withConnection { _ in gate.pass() }
                    return nil
                }
                #expect(try await PostgresServer.eventually { gate.enteredCount == 1 })
                for _ in 0..<5 {
                    group.addTask {
                        do {
                            try await pool.withConnection { _ in Issue.record("must not run") }
                            return nil
                        } catch let error as PostgresError {
                            #expect(!error.isOutcomeUnknown)
                            return error.kind
                        }
                    }
                }
                var kinds: [PostgresError.Kind?] = []
                for _ in 0..<5 { kinds.append(try await group.next() ?? nil) }
                #expect(kinds.allSatisfy { $0 == .poolExhausted })
                gate.open()
                try await group.waitForAll()
            }
            #expect(try await pool.number("SELECT 1") == 1)
        }
    }

    @Test("lets a cancelled caller stop waiting, and does not run its body")
    func cancellation() async throws {
        try await PostgresServer.withPool(connections: 1) { pool in
            let gate = Gate()
            let holder = Task { try await pool.withConnection { _ in gate.pass() } }
            #expect(try await PostgresServer.eventually { gate.enteredCount == 1 })
            let waiter = Task { try await pool.withConnection { _ in Issue.record("must not run") } }
            #expect(try await PostgresServer.eventually { pool.status.waiting == 1 })
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            #expect(pool.status.waiting == 0)
            gate.open()
            try await holder.value
        }
    }

    @Test("serves event loops, completing on the caller's")
    func eventLoops() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        try await PostgresServer.withPool { (pool) async throws in
            let total = try await loop.flatSubmit {
                let futures = (1...50).map { number in
                    pool.submit(on: loop) { connection in
                        try connection.execute(PostgresStatement(sql: "SELECT $1::bigint"), [.int64(number)]).single
                            .int64(0)
                    }
                }
                return EventLoopFuture.reduce(Int64(0), futures, on: loop) { sum, number in
                    loop.preconditionInEventLoop()
                    return sum + number
                }
            }.get()
            #expect(total == 1_275)
            let mode = try await pool.submitTransaction(on: loop, .repeatableReadReadOnly) { connection in
                try connection.execute(PostgresStatement(sql: "SHOW transaction_isolation")).single.text(0)
            }.get()
            #expect(mode == "repeatable read")
            await #expect(throws: PostgresError.self) {
                try await pool.submit(on: loop) { connection in
                    _ = try connection.execute(PostgresStatement(sql: "SELECT 1/0"))
                }.get()
            }
        }
    }

    @Test("fails at once while there is no server, and works when one comes")
    func outage() async throws {
        try await PostgresServer.withServer { server in
            server.kill9()
            let configuration = PostgresConfiguration(connectionString: server.connectionString(), connectionCount: 2)
            try await PostgresServer.withPool(configuration) { pool in
                await #expect {
                    _ = try await pool.number("SELECT 1")
                } throws: { error in
                    guard let error = error as? PostgresError else { return false }
                    return error.kind == .unavailable && !error.isOutcomeUnknown
                }
                try await server.restart()
                let works = try await PostgresServer.eventually {
                    do {
                        return try await pool.number("SELECT 1") == 1
                    } catch let error as PostgresError {
                        try #require(error.kind == .unavailable)
                        return false
                    }
                }
                #expect(works)
                // A connection that died while nobody used it is replaced before a body sees it.
                server.kill9()
                try await server.restart()
                for _ in 0..<4 { #expect(try await self.oneOrUnavailable(pool) != .connectionLost) }
                #expect(try await PostgresServer.eventually { pool.status.connected == 2 })
            }
        }
    }

    @Test("calls nobody busy where what listens at the address does not answer as PostgreSQL does")
    func silentListener() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        var configuration = PostgresConfiguration(
            connectionString: "postgres://postgres@127.0.0.1:\(port)/postgres", connectionCount: 1)
        configuration.acquireTimeout = .milliseconds(200)
        configuration.connectTimeout = .seconds(2)
        try await PostgresServer.withPool(configuration) { pool in
            await #expect {
                _ = try await pool.number("SELECT 1")
            } throws: { error in
                guard let error = error as? PostgresError else { return false }
                return error.kind == .unavailable && !error.isOutcomeUnknown
            }
        }
        try await listener.close()
    }

    @Test("replaces a session that was ended while nobody used it before a body sees it")
    func endedWhileIdle() async throws {
        try await PostgresServer.withPool(connections: 1) { others in
            try await PostgresServer.withPool(connections: 1) { pool in
                for _ in 0..<10 {
                    let pid = try await pool.withConnection { $0.backendProcessID }
                    _ = try await others.number("SELECT pg_terminate_backend($1, 10000)::int", [.int32(pid)])
                    #expect(try await pool.withConnection { $0.backendProcessID } != pid)
                }
            }
        }
    }

    private func oneOrUnavailable(_ pool: PostgresPool) async throws -> PostgresError.Kind? {
        do {
            _ = try await pool.number("SELECT 1")
            return nil
        } catch let error as PostgresError {
            return error.kind
        }
    }

    @Test("does not accept a connection string that is none", arguments: ["nonsense", "postgresql://h:port/db"])
    func invalidConnectionString(text: String) async throws {
        try await PostgresServer.withPool(.init(connectionString: text, connectionCount: 1)) { (pool) async throws in
            await #expect {
                _ = try await pool.number("SELECT 1")
            } throws: { ($0 as? PostgresError)?.kind == .unavailable }
        }
    }

    @Test("lets the running bodies end when it is shut down, and refuses all others")
    func shutdown() async throws {
        try await PostgresServer.withPool(connections: 1) { (pool) async throws in
            let gate = Gate()
            let running = Task {
                try await pool.withConnection { connection in
                    gate.pass()
                    return try connection.execute(Self.one).single.int32(0)
                }
            }
            #expect(try await PostgresServer.eventually { gate.enteredCount == 1 })
            let waiting = Task { try await pool.withConnection { _ in Issue.record("must not run") } }
            #expect(try await PostgresServer.eventually { pool.status.waiting == 1 })
            let closing = Task { await pool.shutdown() }
            await #expect {
                try await waiting.value
            } throws: { ($0 as? PostgresError)?.kind == .closed }
            gate.open()
            #expect(try await running.value == 1)
            await closing.value
            await #expect {
                _ = try await pool.number("SELECT 1")
            } throws: { ($0 as? PostgresError)?.kind == .closed }
            #expect(pool.status.connected == 0)
            await pool.shutdown()
        }
    }

    @Test("survives many callers at once with the right answer for each")
    func load() async throws {
        try await PostgresServer.withPool(connections: 4, configure: { $0.maximumWaiting = 10_000 }) { pool in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2_000 {
                    group.addTask { try await pool.number("SELECT $1::bigint", [.int64(Int64(number))]) == number }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }
}
