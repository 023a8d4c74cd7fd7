import Domain
import Foundation
import HoldfastAPI
import HoldfastTesting
import PostgresClient
import Testing

/// What a change of an order runs finds its rows by key, however large the tables have become.
@Suite("Plans of an order's changes")
struct ChangePlansTests {
    /// One look at a table in a plan.
    private struct Look: Decodable, CustomStringConvertible {
        var type: String
        var table: String?
        var index: String?
        var condition: String?
        var parts: [Look]?

        enum CodingKeys: String, CodingKey {
            case type = "Node Type"
            case table = "Relation Name"
            case index = "Index Name"
            case condition = "Index Cond"
            case parts = "Plans"
        }

        var all: [Look] { [self] + (parts ?? []).flatMap(\.all) }
        /// Whether it goes through all of a table or index.
        var isWalk: Bool { type.hasSuffix("Scan") && type != "Bitmap Heap Scan" && condition == nil }
        var description: String { "\(type) of \(table ?? index ?? "?")" }
    }

    private struct Plan: Decodable {
        var plan: Look

        enum CodingKeys: String, CodingKey { case plan = "Plan" }
    }

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
                ANALYZE product, cell, backorder_book, backorder_grant, return_order
                """)
            // The connection that has changed orders last knows their statements.
            let again = try await shop.create(order, [(1, 1)])
            try await shop.receive(again, [("A", 1)])
            _ = try await shop.inspect(again, [(1, 1, .restockSecondGrade)])
            let looked = try await Self.plans(shop.bench.deployment)
            #expect(looked.contains { $0.name.contains("FROM return_order r") && $0.name.contains("ahead") })
            #expect(looked.contains { $0.name.contains("FROM backorder_book b") })
            for (name, plan) in looked {
                let walks = plan.all.filter { $0.isWalk && Self.large.contains($0.table ?? "") }
                #expect(walks.isEmpty, "\(walks) in \(name)")
            }
        }
    }

    /// What a connection that has changed an order has prepared, planned as in such a change.
    private static func plans(_ deployment: TestDeployment) async throws -> [(name: String, plan: Look)] {
        for _ in 0..<200 {
            let plans = try await deployment.pool.withConnection { connection -> [(name: String, plan: Look)] in
                let prepared = try connection.execute(
                    PostgresStatement(
                        "prepared for changes",
                        """
                        SELECT name, statement, cardinality(parameter_types)::int4 FROM pg_prepared_statements
                        WHERE EXISTS (SELECT FROM pg_prepared_statements WHERE statement LIKE '%return_event e JOIN payment_attempt%'
                                AND statement NOT LIKE '%pg_prepared_statements%')
                            AND statement ~ '^\\s*(WITH|SELECT|INSERT|UPDATE|DELETE)'
                        """, access: .readOnly)
                ).map { (name: try $0.text(0), text: try $0.text(1), count: try $0.int32(2)) }
                var plans: [(name: String, plan: Look)] = []
                // The change's own first statement says how the others are planned.
                guard
                    let fence = prepared.first(where: {
                        $0.text.contains("pg_advisory_xact_lock_shared($1::int4, 0), set")
                    })
                else { return [] }
                try connection.executeScript("BEGIN; EXECUTE \(fence.name)(0)")
                for (name, text, count) in prepared {
                    let values = Array(repeating: "NULL", count: Int(count)).joined(separator: ", ")
                    let json = try connection.execute(
                        PostgresStatement(
                            "plan of \(name)",
                            "EXPLAIN (FORMAT json) EXECUTE \(name)" + (count > 0 ? "(\(values))" : ""))
                    ).map { try $0.text(0) }.joined(separator: "\n")
                    guard let plan = try JSONDecoder().decode([Plan].self, from: Data(json.utf8)).first else {
                        continue
                    }
                    plans.append((text, plan.plan))
                }
                try connection.execute(.rollback)
                return plans
            }
            if !plans.isEmpty { return plans }
        }
        throw TestFailure("no connection has inspected a return")
    }
}
