import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import PostgresClient
import Testing

@Suite("Retention")
struct RetentionTests {
    private static let week: Int64 = 7 * 86_400

    private func prune(_ rows: RetainedRows, _ deployment: TestDeployment, limit: Int32 = 100) async throws -> Int {
        try await deployment.ledger.prune(rows, olderThan: RetentionTests.week, limit: limit)
    }

    @Test("requests and answers go after the time, oldest first and in portions, and leave who changed what")
    func replies() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            let ids = (0..<5).map { _ in EntityID.fresh }
            for id in ids { try await deployment.change(.receive, [("A", "W", 1)], id: id) }
            let before = try await deployment.ledger.auditEvents(AuditFilter(), before: nil, limit: 100).events
            let young = try await deployment.number("SELECT count(*) FROM idempotency") - 5
            try await deployment.run(
                """
                UPDATE idempotency SET created_at = now() - interval '8 days' WHERE kind = 2;
                UPDATE idempotency SET created_at = now() - interval '6 days' WHERE id = '\(ids[4])';
                UPDATE idempotency SET created_at = now() - interval '9 days' WHERE id = '\(ids[3])'
                """)
            #expect(try await prune(.idempotency, deployment, limit: 1) == 1)
            #expect(try await deployment.number("SELECT count(*) FROM idempotency WHERE id = '\(ids[3])'") == 0)
            #expect(try await prune(.idempotency, deployment) == 3)
            #expect(try await prune(.idempotency, deployment) == 0)
            #expect(try await deployment.number("SELECT count(*) FROM idempotency") == young + 1)
            let after = try await deployment.ledger.auditEvents(AuditFilter(), before: nil, limit: 100).events
            #expect(Set(after.map(\.request)) == Set(before.map(\.request)))
            #expect(after.count == before.count)
            let received = Set(after.filter { ids.contains($0.request) }.map(\.caller))
            #expect(received == Set(before.filter { ids.contains($0.request) }.map(\.caller)))
            // Within the time a repetition is the same call, after it a new one.
            #expect(try await deployment.change(.receive, [("A", "W", 1)], id: ids[4]).isEmpty)
            #expect(try await deployment.available("A") == 5)
            try await deployment.change(.receive, [("A", "W", 1)], id: ids[0])
            #expect(try await deployment.available("A") == 6)
        }
    }

    @Test("holds go after the time that they ended, live ones never, and orders go on being repeatable")
    func holds() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 100)])
            let live = try await deployment.reserve([("A", "W", 1)])
            let released = try await deployment.reserve([("A", "W", 1)])
            _ = try await deployment.promising.release(released.id, by: .anonymous)
            let recent = try await deployment.reserve([("A", "W", 1)])
            _ = try await deployment.promising.release(recent.id, by: .anonymous)
            let reserved = try await deployment.reserve([("A", "W", 2)])
            let confirmed = try deployment.order([("A", "W", 2)], reservation: reserved.id)
            let direct = try deployment.order([("A", "W", 3)])
            let placed = [try await deployment.place(confirmed), try await deployment.place(direct)]
            try await deployment.change(.adjust, [("A", "W", -1)])
            try await deployment.run(
                """
                UPDATE hold SET created_at = now() - interval '30 days';
                UPDATE hold SET closed_at = now() - interval '8 days' WHERE state <> 1;
                UPDATE hold SET closed_at = now() - interval '6 days' WHERE id = '\(recent.id)'
                """)
            // The released one, the confirmed one, and the records of the direct order and of the adjustment.
            #expect(try await prune(.hold, deployment) == 4)
            #expect(try await prune(.hold, deployment) == 0)
            #expect(try await deployment.ledger.reservation(live.id)?.reservation.state == .held)
            #expect(try await deployment.ledger.reservation(recent.id)?.reservation.state == .released)
            #expect(try await deployment.ledger.reservation(released.id) == nil)
            #expect(try await deployment.place(confirmed) == placed[0])
            #expect(try await deployment.place(direct) == placed[1])
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.available("A") == 93)
        }
    }

    @Test("numbers of admitting calls go with their epoch, and far behind within one")
    func calls() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            _ = try await deployment.reserve([("A", "W", 1)])
            let vshard = VShard(sku: "A", count: try await deployment.ledger.vshardCount()).rawValue
            let epoch = try await deployment.number("SELECT epoch FROM shard WHERE id = \(vshard)")
            let kept = Ledger.callsKept
            try await deployment.run(
                """
                INSERT INTO journal_seq SELECT \(vshard), \(epoch - 1), generate_series(1, 30);
                INSERT INTO journal_seq SELECT \((vshard + 1) % 16), 0, generate_series(1, 30);
                INSERT INTO journal_seq SELECT \(vshard), \(epoch), generate_series(1001, 1010);
                INSERT INTO journal_seq SELECT \(vshard), \(epoch), \(kept) + generate_series(1001, 1005)
                """)
            var gone: [Int] = []
            repeat { gone.append(try await prune(.journalSequence, deployment, limit: 25)) } while gone.last != 0
            #expect(gone.allSatisfy { $0 <= 25 })
            // 60 of epochs that were left; 1 and 1001 to 1004 are more than the kept ones behind the last.
            #expect(gone.reduce(0, +) == 65)
            let left = try await deployment.number(
                "SELECT count(*) FROM journal_seq WHERE vshard = \(vshard) AND epoch = \(epoch) AND seq <= 1004")
            #expect(left == 0)
            #expect(
                try await deployment.number("SELECT count(*) FROM journal_seq WHERE seq BETWEEN 1005 AND 1010") == 6)
        }
    }

    private static let oldReplies = """
        INSERT INTO idempotency (id, kind, request, reply, created_at)
        SELECT gen_random_uuid(), 2, '\\x05', '\\x01', now() - interval '8 days' FROM generate_series(1, 2000)
        """

    @Test("two who prune at once never take the same row twice, and leave none")
    func together() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.run(RetentionTests.oldReplies)
            let gone = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<2 {
                    group.addTask {
                        var sum = 0
                        while true {
                            let count = try await prune(.idempotency, deployment, limit: 37)
                            sum += count
                            if count == 0 { return sum }
                        }
                    }
                }
                return try await group.reduce(0, +)
            }
            // Who finds the last rows locked stops; whoever has them deletes them.
            #expect(gone <= 2_000)
            #expect(try await deployment.number("SELECT count(*) FROM past_change") == 2_000)
            #expect(try await deployment.number("SELECT count(DISTINCT request_id) FROM past_change") == 2_000)
        }
    }

    @Test("a server prunes by itself, portion after portion")
    func byItself() async throws {
        try await TestDeployment.with(configure: { configuration in
            configuration.retention.interval = .milliseconds(50)
            configuration.retention.portion = 100
        }) { deployment in
            try await deployment.run(RetentionTests.oldReplies)
            let old = "SELECT count(*) FROM idempotency WHERE created_at < now() - interval '7 days'"
            #expect(try await eventually { try await deployment.number(old) == 0 })
            #expect(try await deployment.number("SELECT count(*) FROM past_change") == 2_000)
            #expect(try await deployment.number("SELECT count(*) FROM idempotency") > 0)
        }
    }

    @Test("pruning reads an index from its old end, never a whole table", arguments: RetainedRows.allCases)
    func plans(rows: RetainedRows) async throws {
        try await TestDeployment.with { deployment in
            let query =
                switch rows {
                case .idempotency:
                    """
                    SELECT id, kind FROM idempotency WHERE created_at < now() - 604800 * interval '1 second'
                    ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED
                    """
                case .hold:
                    """
                    SELECT id, kind FROM hold WHERE state <> 1 AND closed_at < now() - 604800 * interval '1 second'
                    ORDER BY closed_at LIMIT 1000 FOR UPDATE SKIP LOCKED
                    """
                case .journalSequence:
                    """
                    SELECT s.id, c.epoch, c.seq FROM shard s
                    CROSS JOIN LATERAL (SELECT coalesce(max(j.seq), 0) - 1000000 AS floor FROM journal_seq j
                        WHERE j.vshard = s.id AND j.epoch = s.epoch) f
                    CROSS JOIN LATERAL (
                        SELECT j.epoch, j.seq FROM journal_seq j
                        WHERE j.vshard = s.id AND (j.epoch, j.seq) < (s.epoch, f.floor)
                        ORDER BY j.epoch, j.seq LIMIT 1000 FOR UPDATE SKIP LOCKED) c LIMIT 1000
                    """
                case .outbox:
                    """
                    SELECT o.xid, o.seq FROM outbox o WHERE o.xid < pg_snapshot_xmin(pg_current_snapshot())
                    ORDER BY o.xid, o.seq LIMIT 1000
                    """
                }
            try await deployment.run(
                """
                INSERT INTO idempotency (id, kind, request, reply, created_at)
                    SELECT gen_random_uuid(), 2, '', '', now() - g * interval '1 minute' FROM generate_series(1, 20000) g;
                INSERT INTO hold (id, kind, state, closed_at)
                    SELECT gen_random_uuid(), 1, 3, now() - g * interval '1 minute' FROM generate_series(1, 20000) g;
                INSERT INTO journal_seq SELECT g % 16, 1, g FROM generate_series(1, 40000) g;
                INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
                    SELECT 'order.placed', gen_random_uuid(), 1, gen_random_uuid() FROM generate_series(1, 20000) g;
                ANALYZE outbox; ANALYZE idempotency; ANALYZE hold; ANALYZE journal_seq
                """)
            let plan = try await deployment.pool.withConnection { connection in
                try connection.execute(PostgresStatement("plan \(rows)", "EXPLAIN \(query)")).map { try $0.text(0) }
            }
            #expect(!plan.contains { $0.contains("Seq Scan on \(rows.rawValue)") }, "\(plan)")
        }
    }
}
