import PostgresClient

extension LedgerReader {
    /// What settlements of returns of orders gave as store credit, by their causes; ahead of the goods, too.
    private static let credits = """
        SELECT e.cause_id AS id, CASE e.event WHEN 13 THEN r.ahead ELSE r.settled END AS amount
        FROM return_order r JOIN return_event e ON e.return_id = r.id
        WHERE r.order_id IS NOT NULL AND (e.event = 12 AND r.settlement = 2 AND r.settled > 0
            OR e.event = 13 AND r.ahead_settlement = 2 AND r.ahead > 0)
        """

    /// Sums of what happened to orders after their capture that must be 0 whenever they are looked at, and what it means
    /// where one is not; each names some of the orders where it is not.
    private static let lifeSums: [(statement: PostgresStatement, kind: Violation.Kind, story: String)] = [
        (
            lifeSum(
                "released",
                """
                SELECT count(*), coalesce((array_agg(coalesce(a.order_id, f.order_id)::text))[1:5], '{}') FROM order_allocation a FULL JOIN (
                    SELECT f.order_id, l.line_number, l.cell_id, sum(l.open) AS open
                    FROM fulfilment f JOIN fulfilment_line l ON l.fulfilment_id = f.id
                    WHERE l.cell_id <> 0 AND (f.kind = 1 AND f.state IN (1, 2, 3, 4)
                        OR f.kind = 2 AND f.state IN (1, 2, 3, 4, 5, 7) OR f.kind = 3 AND f.state IN (1, 2))
                    GROUP BY 1, 2, 3) f
                    ON f.order_id = a.order_id AND f.line_number = a.line_number AND f.cell_id = a.cell_id
                WHERE coalesce(a.released, 0) <> coalesce(f.open, 0)
                """), .books, "cells have released other units than fulfilments have of them"
        ),
        (
            lifeSum(
                "fulfilled",
                """
                SELECT count(*), coalesce((array_agg(coalesce(q.order_id, f.order_id)::text))[1:5], '{}') FROM (
                    SELECT order_id, line_number, status, quantity FROM line_quantity
                    WHERE status BETWEEN 5 AND 8 AND quantity <> 0) q
                FULL JOIN (
                    SELECT f.order_id, l.line_number, CASE
                        WHEN f.state IN (1, 2) THEN 5
                        WHEN f.kind < 3 AND f.state = 3 OR f.kind = 2 AND f.state = 4 THEN 6
                        WHEN f.kind = 1 AND f.state = 4 OR f.kind = 2 AND f.state IN (5, 7) THEN 7
                        WHEN f.kind = 1 AND f.state = 5 OR f.kind = 3 AND f.state = 4 THEN 8 END AS status,
                        sum(l.open) AS open
                    FROM fulfilment f JOIN fulfilment_line l ON l.fulfilment_id = f.id WHERE l.open > 0 GROUP BY 1, 2, 3) f
                    ON f.order_id = q.order_id AND f.line_number = q.line_number AND f.status = q.status
                WHERE (f.order_id IS NULL OR f.status IS NOT NULL) AND coalesce(q.quantity, 0) <> coalesce(f.open, 0)
                """), .books, "lines have other units under way than their fulfilments"
        ),
        (
            lifeSum(
                "standing",
                """
                SELECT count(*), coalesce((array_agg(u.order_id::text))[1:5], '{}') FROM (
                    SELECT q.order_id, q.line_number, sum(q.quantity) FILTER (WHERE q.status IN (1, 5, 6, 7)) AS standing
                    FROM line_quantity q
                    JOIN order_line l ON l.order_id = q.order_id AND l.line_number = q.line_number
                    JOIN product p ON p.id = l.product_id AND p.tracked GROUP BY 1, 2) u
                LEFT JOIN (SELECT order_id, line_number, sum(open) AS open FROM order_allocation GROUP BY 1, 2) a
                    ON a.order_id = u.order_id AND a.line_number = u.line_number
                WHERE coalesce(u.standing, 0) <> coalesce(a.open, 0)
                """), .books, "lines wait for other units than are set aside for them"
        ),
        (
            lifeSum(
                "history",
                """
                SELECT count(*), coalesce((array_agg(o.id::text))[1:5], '{}') FROM orders o LEFT JOIN (
                    SELECT order_id, count(*) AS events, max(sequence) AS last FROM order_event GROUP BY 1) e
                    ON e.order_id = o.id
                WHERE o.events IS DISTINCT FROM e.events OR o.events IS DISTINCT FROM e.last
                """), .events, "orders have a gap in their history"
        ),
        (
            lifeSum(
                "earned",
                """
                SELECT count(*), coalesce((array_agg(l.order_id::text))[1:5], '{}') FROM order_line l JOIN orders o ON o.id = l.order_id
                LEFT JOIN order_line_money m ON m.order_id = l.order_id AND m.line_number = l.line_number
                LEFT JOIN (SELECT order_id, line_number, sum(quantity) FILTER (WHERE status IN (2, 8)) AS gone,
                        sum(quantity) FILTER (WHERE status = 9) AS back
                    FROM line_quantity GROUP BY 1, 2) q ON q.order_id = l.order_id AND q.line_number = l.line_number
                LEFT JOIN (SELECT order_id, line_number, sum(amount) AS added FROM order_line_tax WHERE NOT included
                    GROUP BY 1, 2) t ON t.order_id = l.order_id AND t.line_number = l.line_number
                WHERE CASE WHEN m.order_id IS NULL
                    THEN NOT o.goods_in_hand AND coalesce(q.gone, 0) + coalesce(q.back, 0) > 0
                    ELSE m.earned_units - m.refund_units <> coalesce(q.gone, 0) OR m.refund_units < coalesce(q.back, 0)
                        OR m.earned > l.amount + coalesce(t.added, 0) OR m.refund_due > m.earned
                        OR m.earned_units = l.quantity AND m.earned <> l.amount + coalesce(t.added, 0) END
                """), .money, "lines earned something else than what has left of them"
        ),
        (
            lifeSum(
                "paid",
                """
                SELECT count(*), coalesce((array_agg(m.order_id::text))[1:5], '{}') FROM order_money m LEFT JOIN (
                    SELECT order_id, sum(amount) FILTER (WHERE action IN (2, 5)) AS taken,
                        sum(amount) FILTER (WHERE action = 4) AS given_back,
                        sum(CASE action WHEN 1 THEN amount WHEN 2 THEN -amount - lets_go WHEN 3 THEN -amount WHEN 6 THEN -amount ELSE 0 END) AS held
                    FROM payment_attempt WHERE state = 2 GROUP BY 1) a ON a.order_id = m.order_id
                WHERE (m.taken, m.given_back, m.held)
                    IS DISTINCT FROM (coalesce(a.taken, 0)::int8, coalesce(a.given_back, 0)::int8, coalesce(a.held, 0)::int8)
                """), .money, "orders' sums are not those of their payment attempts"
        ),
        (
            lifeSum(
                "tenders",
                """
                SELECT count(*), coalesce((array_agg(t.order_id::text))[1:5], '{}') FROM tender t LEFT JOIN (
                    SELECT order_id, tender_number, sum(amount) FILTER (WHERE action IN (2, 5) AND state = 2) AS taken,
                        sum(amount) FILTER (WHERE action = 4 AND state IN (1, 2, 4)) AS given_back
                    FROM payment_attempt GROUP BY 1, 2) a ON a.order_id = t.order_id AND a.tender_number = t.number
                WHERE coalesce(a.taken, 0) > t.amount OR coalesce(a.given_back, 0) > coalesce(a.taken, 0)
                """), .money, "tenders gave more than they were for, or got back more than they gave"
        ),
        (
            lifeSum(
                "kept",
                """
                SELECT count(*), coalesce((array_agg(order_id::text))[1:5], '{}') FROM order_money
                -- What is held covers units that still wait, so what came back may be paid back before they are taken.
                WHERE given_back + given_otherwise > taken
                    OR given_back + given_otherwise > 0 AND taken - given_back + held < owed
                """), .money, "orders were refunded more than was due"
        ),
        (
            lifeSum(
                "owed",
                """
                SELECT count(*), coalesce((array_agg(m.order_id::text))[1:5], '{}') FROM order_money m JOIN (
                    SELECT order_id, sum(value - (value * (quantity - waiting) / quantity - earned) - refund_due) AS owed,
                        count(*) FILTER (WHERE waiting NOT IN (0, quantity)) AS rounded
                    FROM (
                        SELECT l.order_id, l.quantity, l.amount + coalesce(t.added, 0) AS value, q.waiting,
                            coalesce(k.earned, CASE WHEN o.goods_in_hand THEN l.amount + coalesce(t.added, 0) ELSE 0 END)
                                AS earned,
                            coalesce(k.refund_due, 0) AS refund_due
                        FROM order_line l JOIN orders o ON o.id = l.order_id
                        JOIN (SELECT order_id, line_number,
                                coalesce(sum(quantity) FILTER (WHERE status IN (1, 4, 5, 6, 7)), 0) AS waiting
                            FROM line_quantity GROUP BY 1, 2) q ON q.order_id = l.order_id AND q.line_number = l.line_number
                        LEFT JOIN (SELECT order_id, line_number, sum(amount) AS added FROM order_line_tax WHERE NOT included
                            GROUP BY 1, 2) t ON t.order_id = l.order_id AND t.line_number = l.line_number
                        LEFT JOIN order_line_money k ON k.order_id = l.order_id AND k.line_number = l.line_number) v
                    GROUP BY 1) v ON v.order_id = m.order_id
                WHERE abs(m.owed - greatest(0, v.owed + m.adjusted) - m.given_otherwise) > v.rounded
                """), .money, "orders owe something else than their lines say"
        ),
        (
            lifeSum(
                "credit",
                """
                SELECT count(*), '{}'::text[] FROM stored_value_account a LEFT JOIN (
                    SELECT account_id, sum(amount) AS balance, count(*) AS entries, max(sequence) AS last
                    FROM stored_value_entry GROUP BY 1) e ON e.account_id = a.id
                WHERE a.balance <> coalesce(e.balance, 0) OR a.entries <> coalesce(e.entries, 0)
                    OR a.entries <> coalesce(e.last, 0)
                """), .money, "balances of stored value are not the sum of their entries"
        ),
        (
            lifeSum(
                "spent",
                """
                SELECT count(*), '{}'::text[] FROM (
                    SELECT a.id, CASE WHEN a.action = 4 THEN a.amount ELSE -a.amount END AS amount
                    FROM payment_attempt a JOIN tender t ON t.order_id = a.order_id AND t.number = a.tender_number
                    WHERE t.account_id IS NOT NULL AND a.state = 2 AND (t.kind <> 6 OR a.action = 4)
                    UNION ALL \(credits)) p
                FULL JOIN (SELECT cause_id, amount FROM stored_value_entry WHERE order_id IS NOT NULL) e ON e.cause_id = p.id
                WHERE p.amount IS DISTINCT FROM e.amount
                """), .money, "payments and settlements with stored value are not those of its accounts"
        ),
        (
            lifeSum(
                "exchanged",
                """
                SELECT count(*), coalesce((array_agg(coalesce(x.id, t.order_id)::text))[1:5], '{}') FROM (
                    SELECT id, credited FROM return_exchange WHERE credited > 0) x
                FULL JOIN (
                    SELECT t.order_id, sum(a.amount) AS taken FROM tender t JOIN payment_attempt a
                        ON a.order_id = t.order_id AND a.tender_number = t.number AND a.action = 2 AND a.state = 2
                    WHERE t.kind = 6 GROUP BY 1) t ON t.order_id = x.id
                WHERE x.credited IS DISTINCT FROM t.taken
                """), .money, "orders took something else of refunds than their returns gave them"
        ),
        (
            lifeSum(
                "numbers",
                """
                SELECT count(*), '{}'::text[] FROM (
                    SELECT entity, kind, series, count(*) AS documents, max(number) AS last FROM document GROUP BY 1, 2, 3) d
                FULL JOIN document_counter c ON c.entity = d.entity AND c.kind = d.kind AND c.series = d.series
                WHERE d.documents IS DISTINCT FROM c.last OR d.last IS DISTINCT FROM c.last
                """), .books, "series of documents have a gap in their numbers"
        ),
        (
            lifeSum(
                "memos",
                """
                SELECT count(*), '{}'::text[] FROM (SELECT id FROM payment_attempt WHERE action = 4 AND state = 2) a
                LEFT JOIN (SELECT cause_id, count(*) AS memos FROM document WHERE kind = 3 GROUP BY 1) d ON d.cause_id = a.id
                WHERE d.memos IS DISTINCT FROM 1
                """), .money, "refunds do not have one credit memo each"
        ),
        (
            lifeSum(
                "reversed",
                """
                SELECT count(*), coalesce((array_agg(coalesce(m.order_id, d.order_id)::text))[1:5], '{}') FROM order_money m
                FULL JOIN (SELECT order_id, sum(total) AS total FROM document WHERE kind = 3 GROUP BY 1) d
                    ON d.order_id = m.order_id
                WHERE coalesce(m.given_back + m.given_otherwise, 0) <> coalesce(d.total, 0)
                """), .money, "orders have credit memos over something else than they gave back"
        ),
        (
            lifeSum(
                "otherwise",
                """
                SELECT count(*), coalesce((array_agg(m.order_id::text))[1:5], '{}') FROM order_money m LEFT JOIN (
                    SELECT r.order_id, sum(CASE WHEN r.settlement IN (2, 3) THEN r.settled ELSE 0 END
                        + CASE WHEN r.ahead_settlement IN (2, 3) THEN r.ahead ELSE 0 END + coalesce(x.credited, 0)) AS given
                    FROM return_order r LEFT JOIN return_exchange x ON x.return_id = r.id AND x.state = 2 GROUP BY 1) r
                    ON r.order_id = m.order_id
                WHERE m.given_otherwise > coalesce(r.given, 0)
                """), .money, "orders gave back more in other ways than their returns say"
        ),
        (
            lifeSum(
                "invoiced",
                """
                SELECT count(*), coalesce((array_agg(d.order_id::text))[1:5], '{}') FROM (SELECT order_id, line_number, sum(amount) AS amount FROM document_line GROUP BY 1, 2) d
                JOIN orders o ON o.id = d.order_id AND NOT o.goods_in_hand
                LEFT JOIN order_line_money m ON m.order_id = d.order_id AND m.line_number = d.line_number
                WHERE d.amount > coalesce(m.earned, 0)
                """), .money, "lines were invoiced for more than has left of them"
        ),
        (
            lifeSum(
                "returned",
                """
                SELECT count(*), coalesce((array_agg(coalesce(q.order_id, i.order_id, u.order_id)::text))[1:5], '{}') FROM (
                    SELECT order_id, line_number, quantity FROM line_quantity WHERE status = 9 AND quantity <> 0) q
                FULL JOIN (
                    SELECT l.order_id, l.order_line, sum(i.quantity) AS quantity
                    FROM return_inspection i JOIN return_line l ON l.return_id = i.return_id AND l.line_number = i.line_number
                    JOIN return_order r ON r.id = i.return_id AND r.state IN (7, 8)
                    WHERE l.order_id IS NOT NULL AND i.disposition <> 7 GROUP BY 1, 2) i
                    ON i.order_id = q.order_id AND i.order_line = q.line_number
                FULL JOIN (
                    SELECT f.order_id, u.line_number, sum(u.quantity) AS quantity
                    FROM undelivered_goods u JOIN fulfilment f ON f.id = u.fulfilment_id GROUP BY 1, 2) u
                    ON u.order_id = coalesce(q.order_id, i.order_id) AND u.line_number = coalesce(q.line_number, i.order_line)
                WHERE coalesce(q.quantity, 0) <> coalesce(i.quantity, 0) + coalesce(u.quantity, 0)
                """), .books, "lines have other units returned than inspections accepted and parcels brought back"
        ),
        (
            lifeSum(
                "restocked",
                """
                SELECT count(*), '{}'::text[] FROM (
                    SELECT cause_id, sum(quantity) FILTER (WHERE disposition IN (1, 2)) AS quantity FROM (
                        SELECT cause_id, quantity, disposition FROM return_inspection
                        UNION ALL
                        SELECT u.cause_id, u.quantity, u.disposition FROM undelivered_goods u
                        JOIN fulfilment f ON f.id = u.fulfilment_id
                        JOIN order_line l ON l.order_id = f.order_id AND l.line_number = u.line_number
                        JOIN product p ON p.id = l.product_id AND p.tracked) s
                    GROUP BY 1) i
                FULL JOIN (
                    SELECT cause_id, sum(on_hand_delta) AS quantity FROM stock_movement WHERE kind BETWEEN 20 AND 24 GROUP BY 1) m
                    ON m.cause_id = i.cause_id
                WHERE coalesce(i.quantity, 0) <> coalesce(m.quantity, 0)
                """), .books, "inspections put other units into stock than they said"
        ),
        (
            lifeSum(
                "return_history",
                """
                SELECT count(*), coalesce((array_agg(r.order_id::text))[1:5], '{}') FROM return_order r LEFT JOIN (
                    SELECT return_id, count(*) AS events, max(sequence) AS last,
                        (array_agg(state ORDER BY sequence DESC))[1] AS state FROM return_event GROUP BY 1) e
                    ON e.return_id = r.id
                WHERE e.events IS DISTINCT FROM e.last OR r.state IS DISTINCT FROM e.state
                """), .events, "returns have a gap in their history, or stand elsewhere than it says"
        ),
    ]

    private static let gatewayAttempts = PostgresStatement(
        "torture_gateway_attempts",
        """
        SELECT a.id, a.action, a.amount, a.state FROM payment_attempt a
        JOIN tender t ON t.order_id = a.order_id AND t.number = a.tender_number AND t.kind = 3
        """, access: .readOnly)

    /// Every attempt of a tender at the card gateway.
    package func gatewayAttempts() async throws -> [GatewayCheck.Attempt] {
        try await pool.withConnection { connection in
            try connection.execute(Self.gatewayAttempts).map { row in
                GatewayCheck.Attempt(
                    id: "\(try row.uuid(0))", action: GatewayCheck.Attempt.actions[try row.int16(1)] ?? "unknown",
                    amount: try row.int64(2), state: try row.int16(3))
            }
        }
    }

    private static func lifeSum(_ name: String, _ sql: String) -> PostgresStatement {
        PostgresStatement("torture_life_\(name)", sql, access: .readOnly)
    }

    /// Adds up the books of what happened to orders after their capture.
    ///
    /// They agree at every moment, whoever works on them.
    ///
    /// - Returns: a violation for each sum that does not.
    /// - Throws: what PostgreSQL throws.
    package func lifeViolations() async throws -> [Violation] {
        try await pool.withTransaction(.repeatableReadReadOnly) { connection in
            try Self.lifeSums.compactMap { sum in
                let row = try connection.execute(sum.statement).single
                let count = try row.int64(0)
                guard count > 0 else { return nil }
                return Violation(
                    sum.kind, "\(count) \(sum.story)", keys: try row.texts(1).map { .init(.order, $0) })
            }
        }
    }
}
