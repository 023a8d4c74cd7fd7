import Glibc
import Ledger
import Logging
package import NIOCore
import PostgresClient
package import PrivateStores
import Synchronization

/// A deployment of its own, made to suffer: two servers over one Redis and one PostgreSQL, with a proxy on every way.
package final class TortureStack: Sendable {
    /// What a stack is made of.
    package struct Plan: Sendable {
        /// Path of the program that serves.
        package var program: String
        /// Servers.
        package var servers = 2
        /// Where everything goes.
        package var directory: String
        /// Bytes of the disk in memory that PostgreSQL's data lies on.
        package var diskBytes = 1 << 30
        /// Variables that the servers see.
        package var environment: [String: String] = [:]
        /// Decides the moods of the card gateway.
        package var seed: UInt64 = 1

        /// Makes a plan.
        package init(program: String, directory: String) {
            self.program = program
            self.directory = directory
        }
    }

    /// The ways of one server: from its clients, to Redis, to PostgreSQL.
    package struct Ways: Sendable {
        package let clients: FaultyProxy
        package let redis: FaultyProxy
        package let postgres: FaultyProxy
    }

    static let database = "shop"
    /// A replica is in step at once, so that a fault takes the time that it was given.
    private static let redisSettings = ["repl-diskless-sync-delay": "0"]

    /// Where everything is.
    package let directory: String
    /// PostgreSQL.
    package let postgres: PrivatePostgres
    /// The servers.
    package let servers: [ServerSeat]
    /// Their ways, by number.
    package let ways: [Ways]
    /// The card gateway that the servers know.
    let gateway: UnrulyGateway
    /// The small disk under PostgreSQL's data; nil where none could be mounted.
    package let disk: SmallDisk?
    /// The library that slows flushes and moves clocks; nil where it could not be made.
    package let trouble: TroubleLibrary?
    let group: any EventLoopGroup
    private let redisSeat: Mutex<PrivateRedis>
    private let redisCount = Mutex(1)
    private let ends = Mutex<[ServerEnd]>([])
    /// How long a server that ended by itself stays unseen, at most.
    private static let watchInterval = Duration.milliseconds(50)

    private init(
        directory: String, postgres: PrivatePostgres, redis: PrivateRedis, servers: [ServerSeat], ways: [Ways],
        disk: SmallDisk?, gateway: UnrulyGateway, trouble: TroubleLibrary?, group: any EventLoopGroup
    ) {
        self.directory = directory
        self.gateway = gateway
        self.postgres = postgres
        self.servers = servers
        self.ways = ways
        self.disk = disk
        self.trouble = trouble
        self.group = group
        redisSeat = Mutex(redis)
    }

    /// Starts everything and returns when both servers serve.
    ///
    /// What was started is stopped again where a part fails.
    ///
    /// - Parameters:
    ///   - plan: what it is made of.
    ///   - group: where proxies and connections run.
    ///   - beforeServers: called with the URL of the ledger, whose schema stands, before anybody can write to it.
    /// - Returns: the stack.
    /// - Throws: why a part cannot be started.
    package static func start(
        _ plan: Plan, group: any EventLoopGroup, beforeServers: (String) async throws -> Void
    ) async throws -> TortureStack {
        var cleanUp: [@Sendable () async -> Void] = []
        do {
            let data = plan.directory + "/postgres"
            guard mkdir(data, 0o755) == 0 || errno == EEXIST else {
                throw TortureError("\(data) cannot be made: \(String(cString: strerror(errno)))")
            }
            let disk = SmallDisk.mount(at: data, bytes: plan.diskBytes)
            cleanUp.append { disk?.unmount() }
            let trouble = try await TroubleLibrary.make(in: plan.directory)
            let postgres = try await PrivatePostgres.start(
                directory: data, listensOnPort: true,
                settings: [
                    "wal_level": "logical", "max_wal_size": "192MB", "min_wal_size": "64MB", "shared_buffers": "128MB",
                    "max_connections": "120",
                ], environment: trouble?.environment ?? [:])
            cleanUp.append { await postgres.stop() }
            let redis = try await PrivateRedis.start(
                directory: plan.directory + "/redis-1", listensOnPort: true, settings: redisSettings)
            cleanUp.append { await redis.stop() }
            try await postgres.createDatabase(database)
            try await Ledger.migrate(
                PostgresConfiguration(
                    connectionString: postgres.connectionString(database: database), connectionCount: 1),
                logger: Logger(label: "holdfast.torture") { _ in SwiftLogNoOpLogHandler() })
            try await beforeServers(postgres.connectionString(database: database))
            let gateway = try await UnrulyGateway.start(
                random: SeededGenerator(seed: plan.seed, part: 3), group: group)
            cleanUp.append { await gateway.stop() }
            let environment = plan.environment.merging([
                "HOLDFAST_GATEWAY_URL": gateway.url, "HOLDFAST_GATEWAY_SECRET": UnrulyGateway.secret,
                "HOLDFAST_GATEWAY_TIMEOUT_MS": "\(UnrulyGateway.timeLimit)",
            ]) { given, _ in given }
            var servers: [ServerSeat] = []
            var ways: [Ways] = []
            for number in 0..<plan.servers {
                let toRedis = try await FaultyProxy.start(
                    "server \(number) to Redis", target: .init(port: redis.port ?? 0), group: group)
                let toPostgres = try await FaultyProxy.start(
                    "server \(number) to PostgreSQL", target: .init(port: postgres.port), group: group)
                let server = try ServerSeat(
                    number: number, program: plan.program, redisURL: "redis://127.0.0.1:\(toRedis.port)",
                    postgresURL: try Self.url(of: postgres, through: toPostgres.port), directory: plan.directory,
                    environment: environment)
                cleanUp.append { await server.stop() }
                let toServer = try await FaultyProxy.start(
                    "clients to server \(number)", target: .init(port: server.port), group: group)
                servers.append(server)
                ways.append(Ways(clients: toServer, redis: toRedis, postgres: toPostgres))
            }
            for server in servers { try await server.waitUntilReady() }
            return TortureStack(
                directory: plan.directory, postgres: postgres, redis: redis, servers: servers, ways: ways, disk: disk,
                gateway: gateway, trouble: trouble, group: group)
        } catch {
            for step in cleanUp.reversed() { await step() }
            throw error
        }
    }

    private static func url(of postgres: PrivatePostgres, through port: Int) throws -> String {
        guard let direct = try postgres.portConnectionString(database: database) else {
            throw TortureError("the private PostgreSQL listens on no port")
        }
        return direct.replacing(":\(postgres.port)/", with: ":\(port)/")
    }

    /// The Redis that counts now.
    package var redis: PrivateRedis { redisSeat.withLock { $0 } }

    /// Speaks to the Redis that counts now.
    package func redisDesk() throws -> RedisDesk { try RedisDesk(url: redis.url, group: group) }

    /// Starts another Redis beside the one that counts.
    func startAnotherRedis() async throws -> PrivateRedis {
        let number = redisCount.withLock { count in
            count += 1
            return count
        }
        return try await PrivateRedis.start(
            directory: directory + "/redis-\(number)", listensOnPort: true, settings: Self.redisSettings)
    }

    /// Makes another Redis the one that counts, for every server.
    func adopt(_ redis: PrivateRedis) {
        redisSeat.withLock { $0 = redis }
        for way in ways {
            way.redis.aim(at: redis.port ?? 0)
            way.redis.cut()
        }
    }

    /// Ends of servers that nobody had asked for, so far.
    package var serverEnds: [ServerEnd] { ends.withLock { $0 } }

    /// Watches over the servers until it is cancelled: one that ends by itself is noted, and started again.
    ///
    /// - Parameter told: hears of each such end at once.
    package func watch(_ told: @Sendable (String) -> Void) async {
        while true {
            for server in servers {
                guard let end = server.ownEnd() else { continue }
                ends.withLock { $0.append(end) }
                told(end.summary)
                do { try server.startIfEnded() } catch {
                    told("server \(end.server) cannot be started again: \(error)")
                }
            }
            do { try await Task.sleep(for: Self.watchInterval) } catch { return }
        }
    }

    /// Undoes whatever a fault may have left: everything runs, every way is open.
    package func heal() async throws {
        disk?.clear()
        trouble?.delayFlushes(microseconds: 0)
        trouble?.stepClock(microseconds: 0)
        postgres.resume()
        redis.resume()
        if postgres.processID == nil { try await postgres.restart() }
        if redis.processID == nil { try await redis.restart() }
        for server in servers {
            server.resume()
            if let end = server.ownEnd() { ends.withLock { $0.append(end) } }
            try server.startIfEnded()
        }
        for way in ways {
            way.redis.aim(at: redis.port ?? 0)
            for proxy in [way.clients, way.redis, way.postgres] { proxy.set(.open) }
        }
    }

    /// Stops everything.
    package func stop() async {
        postgres.resume()
        redis.resume()
        for server in servers { await server.stop() }
        for way in ways {
            for proxy in [way.clients, way.redis, way.postgres] {
                do { try await proxy.close() } catch { proxy.cut() }
            }
        }
        await gateway.stop()
        await redis.stop()
        await postgres.stop()
        disk?.unmount()
    }
}

/// Why a run could not be made.
package struct TortureError: Error, CustomStringConvertible, Sendable {
    /// What happened.
    package let description: String

    /// Makes an error.
    package init(_ description: String) { self.description = description }
}
