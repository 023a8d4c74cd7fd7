import Domain
import HoldfastServer
import HoldfastTesting
import HotStock
import Ledger
import NIOCore
import OrderPromising
import PrivateStores
import RedisClient
import Testing

@Suite("The doctor")
struct DoctorTests {
    @Test("finds nothing wrong with a deployment that trades, and changes nothing")
    func healthy() async throws {
        try await TestDeployment.with { deployment in
            try await Patient.stock(deployment)
            _ = try await deployment.reserve([("A", "W", 3)])
            _ = try await deployment.place(deployment.order([("B", "W", 4)]))
            let epochs = try await deployment.ledger.epochs()
            try await Patient.with(stack: deployment.stack, database: deployment.keyPrefix) { patient in
                let report = try await patient.examined()
                #expect(report.complaints.isEmpty, "\(report.complaints)")
                #expect(report.repairs.isEmpty)
                #expect(report.vshards.count == 16)
                #expect(
                    report.vshards.allSatisfy { $0.isOpen && $0.armedEpoch == $0.epoch && $0.loadedEpoch == $0.epoch })
                #expect(report.vshards.contains { ($0.calls ?? 0) > 0 })
                #expect(report.finding("Redis and PostgreSQL")?.found == "agree on all 4 articles and locations")
                #expect(report.finding("admission")?.found == "16 of 16 parts of the stock are open for promises")
                for subject in [
                    "PostgreSQL", "PostgreSQL role", "PostgreSQL fsync", "PostgreSQL synchronous_commit",
                    "PostgreSQL default_transaction_isolation", "PostgreSQL standbys", "PostgreSQL archive", "clocks",
                    "Redis", "Redis role", "Redis memory", "Redis eviction", "Redis persistence", "Redis functions",
                    "schema", "deployment", "servers", "expiry", "orphans", "ended holds", "oversold",
                ] {
                    #expect(report.finding(subject) != nil, "\(subject)")
                }
                #expect(try await patient.ledger.epochs() == epochs)
                // Repairs find nothing to do, and disturb nobody.
                let repaired = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
                #expect(repaired.complaints.isEmpty, "\(repaired.complaints)")
                #expect(!repaired.repairs.isEmpty)
                #expect(try await patient.ledger.epochs() == epochs)
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("names what is left behind when all servers are gone, and --repair puts it right without one")
    func strays() async throws {
        let overdue = EntityID.fresh
        let ended = EntityID.fresh
        let orphan = EntityID.fresh
        try await Patient.idle { deployment in
            try await Patient.stock(deployment)
            _ = try await deployment.reserve([("A", "W", 2)], id: overdue)
            _ = try await deployment.reserve([("B", "W", 3)], id: ended)
        } _: { patient in
            try await patient.run(
                """
                UPDATE hold SET expires_at = now() - interval '1 minute' WHERE id = '\(overdue)';
                UPDATE hold SET state = 3, closed_at = now() WHERE id = '\(ended)';
                INSERT INTO idempotency (id, kind, request, reply, created_at)
                    SELECT gen_random_uuid(), 1, '', '', now() - interval '30 days' FROM generate_series(1, 1500)
                """)
            try await patient.take("C", 5, as: orphan)
            let report = try await patient.examined()
            #expect(report.finding("expiry")?.found.hasPrefix("1 reservations are over") == true)
            #expect(report.finding("orphans")?.found.hasPrefix("1 takes") == true)
            #expect(report.finding("ended holds")?.found.hasPrefix("1 in Redis") == true)
            #expect(report.finding("Redis and PostgreSQL")?.verdict == .warning)
            #expect(report.complaints.allSatisfy { !$0.advice.isEmpty })
            #expect(report.findings.allSatisfy { $0.verdict != .wrong })

            let repaired = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
            let done = Dictionary(uniqueKeysWithValues: repaired.repairs.map { ($0.subject, $0.done) })
            #expect(done["expiry"] == "ended 1 reservations whose time had passed")
            #expect(done["orphans"] == "buried 1 takes that never became true and freed their units")
            #expect(done["ended holds"] == "told Redis of 1")
            #expect(done["admission"] == "every part of the stock is open and agrees")
            #expect(done["retention"]?.contains("1500 of idempotency") == true)
            #expect(repaired.complaints.isEmpty, "\(repaired.complaints)")
            let states = try await patient.ledger.states(
                of: [overdue, ended, orphan].map { HoldKey(.reservation, $0) })
            #expect(states[HoldKey(.reservation, overdue)] == .expired)
            #expect(states[HoldKey(.reservation, orphan)] == .voided)
        }
    }

    @Test("a Redis that is emptied, disarmed or wrong is named, and --repair lets servers load it anew")
    func reload() async throws {
        try await TestDeployment.with { deployment in
            try await Patient.stock(deployment)
            try await Patient.with(stack: deployment.stack, database: deployment.keyPrefix) { patient in
                let cell = try #require(try await patient.ledger.books().cells.first { $0.sku == "A" }?.cell)
                _ = try await patient.redis.send(
                    RedisCommand("HSET", patient.key("a", of: "A"), "\(cell.rawValue)", "7"))
                let repaired = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
                #expect(repaired.repairs.contains { $0.subject == "admission" })
                // The wrong figure is gone with the next promise.
                #expect(
                    try await eventually {
                        do {
                            return try await deployment.reserve([("A", "W", 1)]).state == .held
                        } catch Refusal.unavailable {
                            return false
                        }
                    })
                #expect(try await eventually { (try? await deployment.available("A")) == 19 })
                let report = try await patient.examined()
                #expect(report.findings.allSatisfy { $0.verdict != .wrong }, "\(report.complaints)")
                #expect(report.finding("Redis and PostgreSQL")?.verdict == .ok)
            }
        }
        try await Patient.idle { patient in
            let cell = try #require(try await patient.ledger.books().cells.first { $0.sku == "A" }?.cell)
            _ = try await patient.redis.send(RedisCommand("HSET", patient.key("a", of: "A"), "\(cell.rawValue)", "99"))
            _ = try await patient.redis.send(RedisCommand("DEL", patient.key("m", of: "B")))
            let report = try await patient.examined()
            #expect(report.finding("Redis and PostgreSQL")?.verdict == .wrong)
            #expect(
                report.finding("Redis and PostgreSQL")?.found.contains("A@W: 99 in Redis, 20 in PostgreSQL") == true)
            #expect(report.finding("admission")?.found.hasPrefix("15 of 16") == true)
            #expect(report.vshards.count { !$0.isOpen } == 1)
            let epochs = try await patient.ledger.epochs()
            let repaired = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
            #expect(repaired.repairs.contains { $0.done.hasPrefix("raised the epochs of 2 parts") })
            let raised = try await patient.ledger.epochs()
            #expect(zip(epochs, raised).count { $0 != $1 } == 2)
            #expect(repaired.finding("admission")?.verdict == .warning)
            #expect(repaired.findings.allSatisfy { $0.verdict != .wrong }, "\(repaired.complaints)")
        }
    }

    @Test("another deployment's Redis is named and left alone, until it is taken over")
    func anotherDeployment() async throws {
        try await Patient.idle { owner in
            let before = try #require(try await owner.hotStock.claim().get())
            try await Patient.idle { patient in
                let report = try await patient.examined { $0.keyPrefix = owner.keyPrefix }
                let finding = try #require(report.finding("deployment"))
                #expect(finding.verdict == .wrong)
                #expect(finding.found.contains("\(before.deployment)"))
                #expect(finding.advice.contains("--take-redis"))
                #expect(report.finding("admission") == nil)
                let refused = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false)) {
                    $0.keyPrefix = owner.keyPrefix
                }
                #expect(refused.repairs.contains { $0.done.hasPrefix("was left alone") })
                #expect(try await owner.hotStock.claim().get() == before)

                let taken = try await patient.examined(DoctorRepairs(ordinary: false, takesRedis: true)) {
                    $0.keyPrefix = owner.keyPrefix
                }
                #expect(taken.repairs.first?.done.contains("\(before.deployment)") == true)
                #expect(taken.finding("deployment")?.verdict == .ok)
                #expect(try await owner.hotStock.claim().get()?.deployment != before.deployment)
                let theirs = try await owner.examined()
                #expect(theirs.finding("deployment")?.verdict == .wrong)
            }
        }
    }

    @Test("two Redis under one database are named")
    func twoRedis() async throws {
        try await TestDeployment.with { deployment in
            try await Patient.with(stack: deployment.stack, database: deployment.keyPrefix) { patient in
                let other = EntityID.fresh
                let own = try await patient.ledger.deploymentClock()
                _ = try await patient.ledger.confirmAdmissionRedis(
                    other, keyPrefix: "typo:", by: .fresh, seenAt: Instant(microseconds: own.now.microseconds))
                let later = try await patient.ledger.deploymentClock().now
                _ = try await patient.ledger.confirmAdmissionRedis(
                    other, keyPrefix: "typo:", by: .fresh, seenAt: later)
                let finding = try #require(try await patient.examined().finding("deployment"))
                #expect(finding.verdict == .wrong)
                #expect(finding.found.contains("typo:"))
                #expect(finding.advice.contains("--key-prefix"))
            }
        }
    }

    @Test("a Redis that is away while servers run is bridged by PostgreSQL, and the doctor says who decides")
    func ledgerMode() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("doctor"))
        try await TestDeployment.with(stack: stack) { deployment in
            try await Patient.stock(deployment)
            try await Patient.with(stack: stack, database: deployment.keyPrefix) { patient in
                stack.redis.kill9()
                #expect(
                    try await eventually(within: 60) {
                        try await patient.examined().vshards.allSatisfy(\.isDecidedByLedger)
                    })
                let report = try await patient.examined()
                #expect(report.vshards.count == 16)
                #expect(report.finding("Redis")?.verdict == .wrong)
                #expect(report.finding("admission")?.verdict == .warning)
                #expect(
                    report.finding("admission")?.found
                        == "16 of 16 parts of the stock are open for promises, 16 of them by PostgreSQL alone")
                #expect(report.finding("servers")?.found == "1 running, 1 of them cannot use Redis")
                try await stack.redis.restart()
                #expect(
                    try await eventually(within: 60) {
                        let now = try await patient.examined()
                        return now.complaints.isEmpty && now.vshards.allSatisfy { $0.isOpen && !$0.isDecidedByLedger }
                    })
            }
        }
        await stack.stop()
    }

    @Test("stores that are away are findings, and nothing is repaired")
    func away() async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("doctor"))
        try await Patient.idle(stack: stack) { patient in
            stack.redis.kill9()
            let blind = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
            #expect(blind.finding("Redis")?.verdict == .wrong)
            #expect(blind.finding("PostgreSQL")?.verdict == .ok)
            #expect(blind.repairs.map(\.done) == ["nothing was repaired: it cannot be used"])
            #expect(blind.vshards.count == 16)
            #expect(blind.vshards.allSatisfy { $0.armedEpoch == nil })
            stack.postgres.kill9()
            let dead = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
            #expect(dead.findings.map(\.verdict) == [.wrong, .wrong])
            #expect(dead.repairs.isEmpty)
        }
        await stack.stop()
    }
}
