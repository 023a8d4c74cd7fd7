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
            // How long these are kept is a setting of the servers, which a doctor does not know.
            #expect(done["retention"] == nil)
            #expect(
                try await patient.number(
                    "SELECT count(*) FROM idempotency WHERE created_at < now() - interval '29 days'")
                    == 1_500)
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
                // What a server opens within moments is not called wrong.
                _ = try await patient.redis.send(RedisCommand("DEL", patient.key("m", of: "B")))
                #expect(try await patient.examined().finding("admission")?.verdict == .ok)
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

    @Test("a doctor that was pointed at another Redis than the servers use says so, and leaves it and the epochs alone")
    func wrongRedis() async throws {
        try await TestDeployment.with { deployment in
            try await Patient.stock(deployment)
            try await Patient.with(stack: deployment.stack, database: deployment.keyPrefix) { patient in
                let epochs = try await patient.ledger.epochs()
                let report = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false)) {
                    $0.keyPrefix = "typo:"
                }
                let finding = try #require(report.finding("deployment"))
                #expect(finding.verdict == .wrong)
                #expect(finding.found.contains("running servers use another Redis"))
                #expect(finding.found.contains("with the key prefix \(deployment.keyPrefix)"))
                #expect(finding.advice.contains("--redis-url"))
                #expect(report.repairs.map(\.subject) == ["Redis"])
                #expect(report.repairs.first?.done.hasPrefix("was left alone: running servers use another one") == true)
                #expect(report.finding("admission") == nil)
                #expect(report.finding("oversold")?.verdict == .ok)
                #expect(try await patient.ledger.epochs() == epochs)
                // The servers' own Redis, whose claim is gone a moment ago, is not taken for another one.
                _ = try await patient.redis.send(RedisCommand("DEL", "\(deployment.keyPrefix)deployment"))
                #expect(try await patient.examined().finding("deployment")?.verdict != .wrong)
            }
        }
    }

    @Test("parts of the stock that stay closed although a server runs are wrong")
    func closed() async throws {
        try await Patient.idle { patient in
            _ = try await patient.redis.send(RedisCommand("DEL", patient.key("m", of: "B")))
            let idle = try #require(try await patient.examined().finding("admission"))
            #expect(idle.verdict == .warning)
            // A server that goes on reporting for a while.
            try await patient.run(
                "INSERT INTO server_presence VALUES (gen_random_uuid(), true, now() + interval '30 seconds')")
            let finding = try #require(try await patient.examined().finding("admission"))
            #expect(finding.verdict == .wrong)
            #expect(finding.found == "15 of 16 parts of the stock are open for promises, although servers run")
            #expect(finding.advice.contains("/readyz"))
        }
    }

    @Test("repairs that break off are a finding, what was done before is told, and the examination goes on")
    func brokenOff() async throws {
        try await Patient.idle { owner in
            let before = try #require(try await owner.hotStock.claim().get())
            try await Patient.idle { patient in
                try await patient.run("ALTER DATABASE \(patient.database) SET default_transaction_read_only = on")
                let report = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: true)) {
                    $0.keyPrefix = owner.keyPrefix
                }
                #expect(report.repairs.map(\.subject) == ["deployment"])
                #expect(report.repairs.first?.done.contains("\(before.deployment)") == true)
                #expect(report.finding("repairs")?.verdict == .wrong)
                #expect(report.finding("repairs")?.found.contains("read-only") == true)
                #expect(report.finding("admission")?.found.hasPrefix("0 of 16") == true)
                #expect(report.finding("oversold")?.verdict == .ok)

                let again = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false)) {
                    $0.keyPrefix = owner.keyPrefix
                }
                #expect(again.repairs.map(\.done) == ["ended 0 reservations, then broke off"])
                #expect(again.finding("repairs")?.verdict == .wrong)
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
                #expect(report.finding("Redis")?.advice.contains("PostgreSQL decide alone") == true)
                #expect(report.finding("admission")?.verdict == .warning)
                #expect(report.finding("oversold")?.verdict == .ok)
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
            #expect(blind.finding("admission")?.verdict == .warning)
            // The books are PostgreSQL's.
            for subject in ["stock and movements", "allocations", "order lines", "order history", "oversold"] {
                #expect(blind.finding(subject)?.verdict == .ok, "\(subject)")
            }
            stack.postgres.kill9()
            let dead = try await patient.examined(DoctorRepairs(ordinary: true, takesRedis: false))
            #expect(dead.findings.map(\.verdict) == [.wrong, .wrong])
            #expect(dead.repairs.isEmpty)
            #expect(dead.findings.allSatisfy { !$0.found.contains(where: \.isNewline) }, "\(dead.findings)")
        }
        await stack.stop()
    }
}
