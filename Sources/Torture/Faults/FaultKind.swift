/// What can be done to a deployment.
package enum FaultKind: String, CaseIterable, Sendable, Hashable {
    case killServer = "kill-server"
    case killRedis = "kill-redis"
    case killPostgres = "kill-postgres"
    case pauseServer = "pause-server"
    case pauseRedis = "pause-redis"
    case pausePostgres = "pause-postgres"
    case flushRedis = "flush-redis"
    case flushFunctions = "flush-functions"
    case oldRedis = "old-redis"
    case twoRedis = "two-redis"
    case cutRedis = "cut-redis"
    case cutPostgres = "cut-postgres"
    case cutClients = "cut-clients"
    case delayRedis = "delay-redis"
    case delayPostgres = "delay-postgres"
    case latePostgres = "late-postgres"
    case silentRedis = "silent-redis"
    case silentPostgres = "silent-postgres"
    case silentClients = "silent-clients"
    case fullDisk = "full-disk"
    case slowFlush = "slow-flush"
    case clockStep = "clock-step"

    /// What happens, for people.
    package var summary: String {
        switch self {
        case .killServer: "a server is killed (kill -9) and started again"
        case .killRedis: "Redis is killed and started again, empty"
        case .killPostgres: "PostgreSQL and all its processes are killed and started again"
        case .pauseServer: "a server stands still (SIGSTOP), then goes on"
        case .pauseRedis: "Redis stands still, then goes on"
        case .pausePostgres: "all of PostgreSQL stands still, then goes on"
        case .flushRedis: "Redis loses all keys (FLUSHALL)"
        case .flushFunctions: "Redis loses its functions (FUNCTION FLUSH)"
        case .oldRedis: "Redis is killed and comes back with a copy of moments ago"
        case .twoRedis: "a lagging replica is promoted while the old primary lives; each server uses another one"
        case .cutRedis: "a server's connections to Redis are cut, new ones refused for a while"
        case .cutPostgres: "a server's connections to PostgreSQL are cut, new ones refused for a while"
        case .cutClients: "clients' connections to a server are cut again and again"
        case .delayRedis: "everything between a server and Redis takes longer"
        case .delayPostgres: "everything between a server and PostgreSQL takes longer"
        case .latePostgres: "everything between a server and PostgreSQL arrives seconds late, when it has been given up"
        case .silentRedis: "connections of a server to Redis stand and carry nothing, in one direction or both"
        case .silentPostgres: "connections of a server to PostgreSQL stand and carry nothing, in one direction or both"
        case .silentClients: "connections of clients to a server stand and carry nothing, in one direction or both"
        case .fullDisk: "PostgreSQL's disk is full, then has room again"
        case .slowFlush: "every flush of PostgreSQL to its disk takes longer"
        case .clockStep: "PostgreSQL's clock jumps, then jumps back"
        }
    }

    /// Whether it is done to one of the servers, or to a way of one.
    package var concernsServer: Bool {
        switch self {
        case .killServer, .pauseServer, .cutRedis, .cutPostgres, .cutClients, .delayRedis, .delayPostgres,
            .latePostgres,
            .silentRedis, .silentPostgres, .silentClients:
            true
        case .killRedis, .killPostgres, .pauseRedis, .pausePostgres, .flushRedis, .flushFunctions, .oldRedis,
            .twoRedis, .fullDisk, .slowFlush, .clockStep:
            false
        }
    }

    /// What must be left alone by other faults meanwhile.
    package var part: Part {
        switch self {
        case .killServer, .pauseServer, .cutClients, .silentClients: .server
        case .killRedis, .pauseRedis, .flushRedis, .flushFunctions, .oldRedis, .twoRedis, .cutRedis, .delayRedis,
            .silentRedis:
            .redis
        case .killPostgres, .pausePostgres, .cutPostgres, .delayPostgres, .latePostgres, .silentPostgres, .fullDisk,
            .slowFlush,
            .clockStep:
            .postgres
        }
    }

    /// A part of a deployment.
    package enum Part: Hashable, Sendable { case server, redis, postgres }

    /// Whether a client of a deployment can do it without being on its machines.
    package var isOfClients: Bool { self == .cutClients || self == .silentClients }

    /// Reads a choice: `all`, `none`, or names with commas between them.
    ///
    /// Throws ``TortureError`` for a name that is none, naming those that are.
    package static func chosen(by text: String) throws -> [FaultKind] {
        switch text {
        case "all": return allCases
        case "none", "": return []
        default:
            return try text.split(separator: ",").map { name in
                guard let kind = FaultKind(rawValue: String(name)) else {
                    throw TortureError(
                        "there is no fault \"\(name)\"; there are \(allCases.map(\.rawValue).joined(separator: ", "))")
                }
                return kind
            }
        }
    }
}
