import Domain
import HoldfastTesting
import PostgresClient
import Testing

@testable import OrderProcessing

/// What clocks ask again and again finds what is due by an index, however much is not.
@Suite("Plans of what clocks ask")
struct ClockPlansTests {
    /// Tables that grow with trade, each with rows that nothing is due of.
    private static let grown: [(table: String, values: [String: String])] = [
        ("orders", [:]), ("order_line", [:]), ("line_quantity", [:]), ("order_allocation", [:]), ("order_event", [:]),
        ("order_money", ["due_at": "'infinity'"]),
        ("payment_attempt", ["state": "2", "due_at": "'infinity'"]),
        ("order_review", ["due_at": "'infinity'"]),
        ("order_draft", ["state": "3"]), ("late_cancel", ["state": "2"]),
        ("fulfilment", ["kind": "1", "state": "6"]), ("fulfilment_line", [:]), ("carrier_label", ["state": "3"]),
        ("return_order", ["state": "5"]), ("return_exchange", ["state": "2"]), ("return_label", ["state": "3"]),
        ("backorder_book", [:]), ("backorder_queue", ["quantity": "1"]),
    ]

    @Test("No table that grows with trade is walked through")
    func byIndex() async throws {
        try await ServiceBench.with { bench, _ in
            for (table, values) in Self.grown { try await Self.grow(table, values, in: bench.deployment) }
            try await bench.deployment.run("ANALYZE")
            let partial = try await Self.partialIndices(bench.deployment)
            let plans = try await Self.plans(bench)
            let tables = Set(Self.grown.map(\.table))
            for plan in plans {
                // An index of open rows only is as short as what is open.
                let walks = plan.walks(through: tables).filter { !partial.contains($0.index ?? "") }
                #expect(walks.isEmpty, "\(walks) in \(plan.text)")
            }
        }
    }

    /// Puts 20,000 rows into a table: what is said of a column, else its default, else something of its type,
    /// whatever the table asks of a row.
    private static func grow(_ table: String, _ values: [String: String], in deployment: TestDeployment) async throws {
        try await deployment.pool.withConnection { connection in
            let columns = try connection.execute(
                PostgresStatement(
                    "columns of \(table)",
                    """
                    SELECT column_name::text, udt_name::text FROM information_schema.columns
                    WHERE table_name = '\(table)' AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'
                    """, access: .readOnly)
            ).map { (name: try $0.text(0), type: try $0.text(1)) }
            var row = values
            for (name, type) in columns where row[name] == nil { row[name] = filler[type] ?? "'{}'" }
            try connection.executeScript(
                """
                DO $$ DECLARE name text; BEGIN
                    FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = '\(table)'::regclass AND contype = 'c' LOOP
                        EXECUTE format('ALTER TABLE \(table) DROP CONSTRAINT %I', name);
                    END LOOP;
                END $$;
                SET session_replication_role = replica;
                SET statement_timeout = 0;
                INSERT INTO \(table) (\(row.keys.sorted().joined(separator: ", ")))
                    SELECT \(row.keys.sorted().compactMap { row[$0] }.joined(separator: ", ")) FROM generate_series(1, 20000) n;
                RESET session_replication_role;
                RESET statement_timeout
                """)
        }
    }

    private static let filler = [
        "uuid": "gen_random_uuid()", "text": "n::text", "int2": "1", "int4": "n", "int8": "n", "bool": "false",
        "timestamptz": "now()", "bytea": "''", "bpchar": "'GBP'", "date": "now()", "xid8": "pg_current_xact_id()",
    ]

    /// Indices of some rows of their tables.
    private static func partialIndices(_ deployment: TestDeployment) async throws -> Set<String> {
        try await deployment.pool.withConnection { connection in
            Set(
                try connection.execute(
                    PostgresStatement(
                        "partial indices",
                        "SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL", access: .readOnly)
                ).map { try $0.text(0) })
        }
    }

    /// What connections have prepared that have asked for all that may be due, planned without a look at the values.
    private static func plans(_ bench: ServiceBench) async throws -> [StatementPlan] {
        let work = bench.processing.recurringWork(sending: AttemptSender { _ in })
        var plans: [String: StatementPlan] = [:]
        for _ in 0..<200 {
            for work in work { _ = try await work.pass() }
            let found = try await bench.deployment.pool.withConnection { connection in
                try connection.executeScript("SET plan_cache_mode = force_generic_plan")
                let plans = try StatementPlan.prepared(on: connection)
                try connection.executeScript("RESET plan_cache_mode")
                return plans
            }
            for plan in found { plans[plan.text] = plan }
            if asking.allSatisfy({ part in plans.keys.contains { $0.contains(part) } }) { return Array(plans.values) }
        }
        throw TestFailure("nobody has asked \(asking.filter { part in !plans.keys.contains { $0.contains(part) } })")
    }

    /// A part of what some of the clocks ask.
    private static let asking = [
        "FROM order_money WHERE due_at", "FROM order_review",
        "FROM late_cancel w JOIN", "FROM return_exchange",
    ]
}
