import Domain
import HoldfastAPI
import HoldfastTesting
import PostgresClient
import Testing

/// What a change of an order runs finds its rows by key, however large the tables have become.
@Suite("Plans of an order's changes")
struct ChangePlansTests {
    private static let large: Set<String> = ["product", "cell", "backorder_book", "backorder_grant", "return_order"]

    @Test("Of tables that have grown, none is walked through, whether for a sort or for a join")
    func byKey() async throws {
        try await ReturnBench.with { shop in
            let order = try await shop.sell([("A", 3, 1, 0)])
            try await shop.pay(order)
            let made = try await shop.create(order, [(1, 2)])
            try await shop.receive(made, [("A", 2)])
            _ = try await shop.inspect(made, [(1, 1, .restock), (1, 1, .scrap)])
            try await shop.bench.deployment.run(
                """
                SET statement_timeout = 0;
                INSERT INTO product (sku, name, barcode, tracked, vshard)
                    SELECT 'N' || n, '', '', true, (SELECT min(id) FROM shard) FROM generate_series(1, 20000) n;
                INSERT INTO cell (product_id, location_id, pool, vshard)
                    SELECT p.id, l.id, 0, p.vshard FROM product p, location l ON CONFLICT DO NOTHING;
                INSERT INTO backorder_book (product_id) SELECT id FROM product ON CONFLICT DO NOTHING;
                INSERT INTO backorder_grant (order_id, line_number, cell_id, quantity)
                    SELECT gen_random_uuid(), 1, id, 1 FROM cell;
                INSERT INTO return_order (id, order_id, channel_id, currency, state, method, rules_version, fee, refund_way, note,
                        events)
                    SELECT gen_random_uuid(), gen_random_uuid(), 1, 'GBP', 5, 1, 1, 0, 1, '', 1 FROM generate_series(1, 20000);
                ANALYZE product, cell, backorder_book, backorder_grant, return_order;
                RESET statement_timeout
                """)
            // The connection that has changed orders last knows their statements.
            let again = try await shop.create(order, [(1, 1)])
            try await shop.receive(again, [("A", 1)])
            _ = try await shop.inspect(again, [(1, 1, .restockSecondGrade)])
            let looked = try await Self.plans(shop.bench.deployment)
            #expect(looked.contains { $0.text.contains("FROM return_order r") && $0.text.contains("ahead") })
            #expect(looked.contains { $0.text.contains("FROM backorder_book b") })
            for plan in looked {
                let walks = plan.walks(through: Self.large)
                #expect(walks.isEmpty, "\(walks) in \(plan.text)")
            }
        }
    }

    /// What a connection that has changed an order has prepared, planned as in such a change.
    private static func plans(_ deployment: TestDeployment) async throws -> [StatementPlan] {
        // The change's own first statement says how the others are planned.
        let fence = PostgresStatement(
            "fence of changes",
            """
            SELECT name FROM pg_prepared_statements
            WHERE strpos(statement, 'pg_advisory_xact_lock_shared($1::int4, 0), set') > 0
                AND statement NOT LIKE '%pg_prepared_statements%'
                AND EXISTS (SELECT FROM pg_prepared_statements WHERE statement LIKE '%return_event e JOIN payment_attempt%'
                    AND statement NOT LIKE '%pg_prepared_statements%')
            """, access: .readOnly)
        for _ in 0..<200 {
            let plans = try await deployment.pool.withConnection { connection -> [StatementPlan] in
                guard let name = try connection.execute(fence).first?.text(0) else { return [] }
                try connection.executeScript("BEGIN; EXECUTE \(name)(0)")
                let plans = try StatementPlan.prepared(on: connection)
                try connection.execute(.rollback)
                return plans
            }
            if !plans.isEmpty { return plans }
        }
        throw TestFailure("no connection has inspected a return")
    }
}
