import Domain
import HoldfastTesting
import HotStock
import Ledger
import NIOCore
import OrderPromising
import PrivateStores
import RedisClient
import Testing

/// Whose Redis it is, and that all servers of a deployment use the same one.
@Suite("A deployment's Redis")
struct DeploymentClaimTests {
    private static func claimant(_ deployment: TestDeployment) async throws -> RedisClaim? {
        try await hotStock(deployment.redis, deployment.keyPrefix).claim().get()
    }

    private static func hotStock(_ redis: RedisClient, _ prefix: String) -> HotStock {
        HotStock(link: redis.anyLink, keys: HotStockKeys(prefix: prefix, vshards: 16))
    }

    private static func url(_ deployment: TestDeployment) -> String {
        deployment.stack.postgres.connectionString(database: deployment.keyPrefix)
    }

    @Test(
        "two deployments under one key prefix: the second is refused and disturbs nothing, until it is told to take over"
    )
    func twoDeployments() async throws {
        try await TestDeployment.with { first in
            try await first.catalogue(skus: ["A"], locations: ["W"])
            try await first.change(.receive, [("A", "W", 5)])
            let own = try await first.ledger.deploymentClock().id
            #expect(try await DeploymentClaimTests.claimant(first)?.deployment == own)
            let epochs = try await first.ledger.epochs()
            // A database whose own servers have stopped.
            let (database, other) = try await TestDeployment.with { (second) async throws in
                (DeploymentClaimTests.url(second), try await second.ledger.deploymentClock().id)
            }
            try await PointedServer.with(
                database: database, redis: first.stack.redis.url, prefix: first.keyPrefix
            ) { intruder in
                let refusal = try #require(try await intruder.refusal())
                #expect(refusal == .anotherDeployment(found: own, own: other, keyPrefix: first.keyPrefix))
                for word in [own.description, other.description, first.keyPrefix, "--take-redis"] {
                    #expect("\(refusal)".contains(word))
                }
                await #expect(throws: Refusal.self) {
                    _ = try await intruder.promising.availability(
                        [AvailabilityItem(sku: "A", location: "", quantity: 0)], fresh: true, within: nil)
                }
                // The owner has not noticed anything.
                #expect(try await first.reserve([("A", "W", 1)]).state == .held)
                #expect(try await first.ledger.epochs() == epochs)
                #expect(try await DeploymentClaimTests.claimant(first)?.deployment == own)

                let hotStock = DeploymentClaimTests.hotStock(first.redis, first.keyPrefix)
                try await hotStock.takeOver(RedisClaim(deployment: other, instance: .fresh)).get()
                #expect(try await intruder.opens())
                #expect(try await eventually { first.promising.status.redisRefusal != nil })
                #expect(!first.promising.isReady)
                await #expect(throws: Refusal.self) { try await first.reserve([("A", "W", 1)]) }
                // And back.
                try await hotStock.takeOver(RedisClaim(deployment: own, instance: .fresh)).get()
                #expect(try await eventually { first.promising.isReady })
            }
            #expect(try await eventually { (try? await first.available("A")) == 4 })
            #expect(try await first.booksAgree())
        }
    }

    @Test("an emptied Redis is claimed anew, and nobody takes it for a second one")
    func emptied() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("claim"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await PointedServer.with(
                database: DeploymentClaimTests.url(deployment), redis: stack.redis.url, prefix: deployment.keyPrefix
            ) { second in
                #expect(try await second.opens())
                var claims: [RedisClaim] = []
                for round in 0..<3 {
                    let former = claims.last
                    #expect(
                        try await eventually {
                            guard deployment.promising.isReady, second.promising.isReady else { return false }
                            let claim = try await DeploymentClaimTests.claimant(deployment)
                            return claim != nil && claim != former
                        })
                    claims.append(try #require(try await DeploymentClaimTests.claimant(deployment)))
                    // Long enough for both to have confirmed it.
                    try await Task.sleep(for: .milliseconds(1_500))
                    #expect(deployment.promising.status.redisRefusal == nil)
                    #expect(second.promising.status.redisRefusal == nil)
                    if round == 0 {
                        _ = try await deployment.redis.send(RedisCommand("FLUSHALL"))
                    } else if round == 1 {
                        stack.redis.kill9()
                        try await stack.redis.restart()
                    }
                }
                #expect(Set(claims.map(\.instance)).count == 3)
                #expect(Set(claims.map(\.deployment)).count == 1)
                #expect(try await deployment.ledger.admissionRedis().map(\.instance) == claims.map(\.instance))
            }
        }
        await stack.stop()
    }

    /// How two servers of one database can be pointed at different figures.
    enum Mistake: CaseIterable { case anotherRedis, anotherPrefix }

    @Test(
        "servers of one database with different Redis or prefixes: who came later is refused",
        arguments: Mistake.allCases)
    func twoRedis(_ mistake: Mistake) async throws {
        let other = try await PrivateRedis.start(directory: TestDirectory.make("claim-redis"))
        try await TestDeployment.with { deployment in
            let own = try #require(try await DeploymentClaimTests.claimant(deployment)?.instance)
            let epochs = try await deployment.ledger.epochs()
            try await PointedServer.with(
                database: DeploymentClaimTests.url(deployment),
                redis: mistake == .anotherRedis ? other.url : deployment.stack.redis.url,
                prefix: mistake == .anotherPrefix ? "x" + deployment.keyPrefix : deployment.keyPrefix
            ) { wrong in
                let refusal = try #require(try await wrong.refusal())
                guard case .anotherRedis(let inUse, let found) = refusal else {
                    Issue.record("refused as \(refusal)")
                    return
                }
                #expect(inUse.instance == own)
                #expect(found.instance != own)
                #expect("\(refusal)".contains("--key-prefix"))
                #expect(deployment.promising.isReady)
                #expect(try await deployment.ledger.epochs() == epochs)

                // The operator decides for the newcomer: now the other one is refused.
                try await deployment.ledger.preferAdmissionRedis(found.instance)
                #expect(try await wrong.opens())
                #expect(try await eventually { deployment.promising.status.redisRefusal != nil })
                try await deployment.ledger.preferAdmissionRedis(own)
                #expect(try await eventually { deployment.promising.isReady })
                #expect(try await wrong.refusal() != nil)
            }
        }
        await other.stop()
    }

    @Test("a deployment whose servers have stopped may move to another Redis")
    func movedAway() async throws {
        let other = try await PrivateRedis.start(directory: TestDirectory.make("claim-redis"))
        let former = try await TestDeployment.with { deployment in
            (url: DeploymentClaimTests.url(deployment), prefix: deployment.keyPrefix)
        }
        try await PointedServer.with(database: former.url, redis: other.url, prefix: former.prefix) {
            (moved) async throws in
            #expect(try await moved.opens())
            #expect(moved.promising.status.redisRefusal == nil)
        }
        await other.stop()
    }

    @Test("a replica is refused until it is the primary")
    func replica() async throws {
        let primary = try await PrivateRedis.start(
            directory: TestDirectory.make("claim-primary"), listensOnPort: true)
        let replica = try await PrivateRedis.start(
            directory: TestDirectory.make("claim-replica"),
            settings: ["replicaof": "127.0.0.1 \(try #require(primary.port))"])
        let stack = try await TestStores.shared()
        let name = "t" + EntityID.fresh.hexadecimal
        try await TestDeployment.with(stack: stack) { deployment in
            try await PointedServer.with(
                database: DeploymentClaimTests.url(deployment), redis: replica.url, prefix: name
            ) { server in
                let refusal = try await server.refusal()
                #expect(refusal == .replica)
            }
        }
        await replica.stop()
        await primary.stop()
    }

    @Test("a key of somebody else's under the claim's name is not overwritten")
    func foreignKey() async throws {
        let name = "t" + EntityID.fresh.hexadecimal
        try await TestDeployment.with { deployment in
            _ = try await deployment.redis.send(RedisCommand("SET", name + "deployment", "something"))
            try await PointedServer.with(
                database: DeploymentClaimTests.url(deployment), redis: deployment.stack.redis.url, prefix: name
            ) { server in
                guard case .unreadable = try await server.refusal() else {
                    Issue.record("not refused")
                    return
                }
                #expect(
                    try await deployment.redis.send(RedisCommand("GET", name + "deployment")).string == "something")
            }
        }
    }

    @Test(
        "a Redis older than 7 is refused in plain words",
        arguments: [
            ("7.0.0", true), ("7.0.15", true), ("8.2.1", true), ("10.1.0", true), ("255.255.255", true), ("7", true),
            ("6.2.14", false), ("6.0.16", false), ("5", false), ("", false), ("seven", false), (".7", false),
        ])
    func version(_ version: String, _ isRecent: Bool) {
        let facts = RedisServerFacts(
            info: "# Server\r\nredis_version:\(version)\r\nredis_mode:standalone\r\nrole:master\r\n")
        #expect(facts.version == version)
        #expect(facts.isRecentEnough == isRecent)
        #expect(!facts.isReplica)
        #expect(!facts.isCluster)
        let words = "\(RedisRefusal.tooOld(version: version))"
        #expect(words.contains(version.isEmpty ? "version unknown" : "version \(version),"))
        #expect(words.contains("7 or later"))
    }

    @Test("replicas and nodes of a cluster are known by what they say")
    func roles() {
        #expect(RedisServerFacts(info: "redis_version:7.2.4\nrole:slave\n").isReplica)
        #expect(RedisServerFacts(info: "redis_version:7.2.4\nredis_mode:cluster\nrole:master").isCluster)
        #expect(!RedisServerFacts(info: "no colon here\n\n").isRecentEnough)
    }
}
