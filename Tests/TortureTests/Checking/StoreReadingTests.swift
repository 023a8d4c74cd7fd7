import Domain
import HoldfastTesting
import Ledger
import NIOPosix
import OrderPromising
import PostgresClient
import PrivateStores
import RedisClient
import Testing
import Torture

/// What reads the stores themselves, on a shop whose rows are falsified.
@Suite("Looks at the stores")
struct StoreReadingTests {
    struct Falsification: Sendable {
        var statement: String
        var undoing: String
        var kind: Violation.Kind
        var story: String
    }

    private static let cell = "SELECT id FROM cell ORDER BY id LIMIT 1"
    static let falsifications = [
        Falsification(
            statement: "UPDATE cell SET on_hand = on_hand + 1 WHERE id = (\(cell))",
            undoing: "UPDATE cell SET on_hand = on_hand - 1 WHERE id = (\(cell))", kind: .books,
            story: "1 cells are not the sum of their movements"),
        Falsification(
            statement: "UPDATE order_allocation SET open = open + 1",
            undoing: "UPDATE order_allocation SET open = open - 1", kind: .books,
            story: "1 cells have other allocated units than open order lines"),
        Falsification(
            statement: """
                INSERT INTO hold (id, kind, state, lines, cells, quantities)
                VALUES ('00000000-0000-4000-8000-000000000001', 1, 1, '{0}', ARRAY[(\(cell))], '{1000}')
                """, undoing: "DELETE FROM hold WHERE id = '00000000-0000-4000-8000-000000000001'",
            kind: .unrecordedShortage, story: "1 cells have more promised than is there, and no shortage that says so"),
        Falsification(
            statement: "UPDATE outbox SET topic = 'x.' || topic WHERE topic = 'stock.changed'",
            undoing: "UPDATE outbox SET topic = 'stock.changed' WHERE topic = 'x.stock.changed'", kind: .outbox,
            story: "1 changes of stock do not match what was published of them"),
        Falsification(
            statement: "UPDATE outbox SET topic = 'x.' || topic WHERE topic LIKE 'order.%'",
            undoing: "UPDATE outbox SET topic = substr(topic, 3) WHERE topic LIKE 'x.order.%'", kind: .outbox,
            story: "2 changes of orders do not match what was published of them"),
        Falsification(
            statement: """
                INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
                SELECT topic, subject, subject_sequence, cause_id FROM outbox WHERE topic LIKE 'order.%' LIMIT 1
                """, undoing: "DELETE FROM outbox WHERE seq = (SELECT max(seq) FROM outbox)", kind: .outbox,
            story: "1 changes were published twice"),
    ]

    /// A shop with 20 mugs, of which 4 were ordered and 1 of those cancelled, and 2 are reserved.
    private func withShop(_ body: @Sendable (TestDeployment, LedgerReader) async throws -> Void) async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["MUG"], locations: ["DC"])
            try await deployment.change(.receive, [("MUG", "DC", 20)])
            let order = try deployment.order([("MUG", "DC", 4)])
            _ = try await deployment.place(order)
            _ = try await deployment.cancel(order.id, [(1, 1)])
            _ = try await deployment.reserve([("MUG", "DC", 2)])
            let reader = LedgerReader(
                url: deployment.stack.postgres.connectionString(database: deployment.keyPrefix))
            let result: Result<Void, any Error>
            do { result = .success(try await body(deployment, reader)) } catch { result = .failure(error) }
            await reader.shutdown()
            try result.get()
        }
    }

    @Test("books that agree are not accused; each false row is found, and named for what it is")
    func books() async throws {
        try await withShop { deployment, reader in
            func run(_ sql: String) async throws {
                try await deployment.pool.withConnection { connection in try connection.executeScript(sql) }
            }
            #expect(try await reader.booksViolations().isEmpty)
            for falsification in Self.falsifications {
                try await run(falsification.statement)
                let found = try await reader.booksViolations()
                #expect(found == [Violation(falsification.kind, falsification.story)])
                try await run(falsification.undoing)
                #expect(try await reader.booksViolations().isEmpty, "\(falsification.undoing)")
            }
        }
    }

    @Test("a figure of Redis that is not PostgreSQL's is found, and one that Redis does not have")
    func exactness() async throws {
        try await withShop { deployment, reader in
            let desk = try RedisDesk(url: deployment.stack.redis.url, group: MultiThreadedEventLoopGroup.singleton)
            let probe = ExactnessProbe(redis: desk, ledger: reader, prefix: deployment.keyPrefix)
            #expect(try await eventually { try await probe.differences().isEmpty })
            let mug = try #require(try await reader.figures().first)
            #expect(mug.available == 15)
            let digits = "\(mug.vshard)"
            let key = "{\(deployment.keyPrefix)v\(String(repeating: "0", count: 4 - digits.count))\(digits)}:a"
            _ = try await desk.send(RedisCommand("HINCRBY", key, "\(mug.cell)", "1"))
            #expect(try await probe.differences() == ["MUG@DC: PostgreSQL 15, Redis 16"])
            _ = try await desk.send(RedisCommand("HDEL", key, "\(mug.cell)"))
            #expect(try await probe.differences() == ["MUG@DC: PostgreSQL 15, Redis nothing"])
        }
    }
}

/// The books of what happened to orders after their capture, on a shop whose rows are falsified.
@Suite("Looks at the lives of orders")
struct LifeSumsTests {
    /// An order of 4 mugs at 1.00: 3 were released, 2 of these have left and 1 of those came back; it was paid with credit and
    /// cash, and one mug was refunded.
    private static let life = """
        UPDATE orders SET events = 2;
        INSERT INTO order_event (order_id, sequence, kind, cause_id) SELECT id, 2, 40, gen_random_uuid() FROM orders;
        UPDATE line_quantity SET quantity = 1 WHERE status = 1;
        INSERT INTO line_quantity (order_id, line_number, status, quantity)
            SELECT id, 1, s, 1 FROM orders, unnest(ARRAY[5, 8, 9]) s;
        UPDATE order_allocation SET open = 2, released = 1, delivered = 2;
        INSERT INTO order_line_money (order_id, line_number, earned, earned_units, refund_due, refund_units)
            SELECT id, 1, 200, 2, 100, 1 FROM orders;
        INSERT INTO fulfilment (id, order_id, number, kind, state, location_id)
            SELECT ('00000000-0000-4000-8000-00000000000' || n)::uuid, o.id, n, 1, s, (SELECT id FROM location LIMIT 1)
            FROM orders o, (VALUES (1, 1), (2, 5), (3, 6)) f(n, s);
        INSERT INTO fulfilment_line (fulfilment_id, line_number, cell_id, quantity, open)
            SELECT f.id, 1, c.id, 1, 1 FROM fulfilment f, cell c;
        INSERT INTO stored_value_account (id, kind, customer_id, label, currency, balance, entries)
            VALUES ('00000000-0000-4000-8000-00000000000a', 4, 'C1', '', 'GBP', 100, 2);
        INSERT INTO stored_value_entry (account_id, sequence, amount, cause_id, order_id, reason, caller)
            SELECT a.id, 1, 250, gen_random_uuid(), NULL, '', '' FROM stored_value_account a
            UNION ALL SELECT a.id, 2, -150, '00000000-0000-4000-8000-0000000000b1'::uuid, o.id, '', ''
            FROM stored_value_account a, orders o;
        INSERT INTO order_money (order_id, owed, earned, taken, given_back) SELECT id, 300, 200, 400, 100 FROM orders;
        INSERT INTO tender (order_id, number, id, kind, amount, state, charge_sequence, refund_sequence, gateway, token, label,
                account_id)
            SELECT o.id, t.number, gen_random_uuid(), t.kind, t.amount, 4, 0, 0, '', '', '', t.account
            FROM orders o, (VALUES (1, 4, 150, '00000000-0000-4000-8000-00000000000a'::uuid), (2, 1, 250, NULL))
                t(number, kind, amount, account);
        INSERT INTO payment_attempt (id, order_id, tender_number, action, purpose, amount, state, cause_id, ended_at)
            SELECT ('00000000-0000-4000-8000-0000000000b' || a.n)::uuid, o.id, a.tender, a.action, a.purpose, a.amount, 2,
                gen_random_uuid(), now()
            FROM orders o, (VALUES (1, 1, 5, NULL, 150), (2, 2, 5, NULL, 250), (3, 2, 4, 2, 100))
                a(n, tender, action, purpose, amount);
        INSERT INTO document_counter (entity, kind, series, last) VALUES ('MAIN', 3, 2026, 1);
        INSERT INTO document (entity, kind, series, number, id, order_id, cause_id, currency, total, text, json)
            SELECT 'MAIN', 3, 2026, 1, '00000000-0000-4000-8000-0000000000d1', id, '00000000-0000-4000-8000-0000000000b3', 'GBP',
                100, '', '' FROM orders;
        INSERT INTO document_line (order_id, line_number, document_id, quantity, amount)
            SELECT id, 1, '00000000-0000-4000-8000-0000000000d1', 0, 0 FROM orders;
        INSERT INTO return_order (id, order_id, channel_id, currency, state, method, rules_version, fee, refund_way, refund, note,
                events)
            SELECT '00000000-0000-4000-8000-0000000000c1', id, channel_id, 'GBP', 7, 2, 0, 0, 1, 100, '', 1 FROM orders;
        INSERT INTO return_event (return_id, sequence, event, state, reason, cause_id, caller)
            VALUES ('00000000-0000-4000-8000-0000000000c1', 1, 7, 7, '', '00000000-0000-4000-8000-0000000000e1', '');
        INSERT INTO return_line (return_id, line_number, order_id, order_line, product_id, quantity, reserved, received, reason,
                condition, value, refund)
            SELECT '00000000-0000-4000-8000-0000000000c1', 1, o.id, 1, p.id, 1, 0, 1, 1, 1, 100, 100 FROM orders o, product p;
        INSERT INTO return_inspection (return_id, number, line_number, quantity, condition, disposition, value, refund, note,
                cause_id)
            VALUES ('00000000-0000-4000-8000-0000000000c1', 1, 1, 1, 1, 1, 100, 100, '', '00000000-0000-4000-8000-0000000000e1');
        INSERT INTO stock_movement (kind, cell_id, on_hand_delta, safety_delta, allocated_delta, cause_id, reason)
            SELECT 20, id, 1, 0, 0, '00000000-0000-4000-8000-0000000000e1', '' FROM cell;
        """

    struct Falsification: Sendable {
        var statement: String
        var undoing: String
        var kind: Violation.Kind
        var stories: [String]
    }

    static let falsifications = [
        Falsification(
            statement: "UPDATE order_allocation SET released = 2", undoing: "UPDATE order_allocation SET released = 1",
            kind: .books, stories: ["1 cells have released other units than fulfilments have of them"]),
        Falsification(
            statement: "UPDATE fulfilment SET state = 6 WHERE number = 2",
            undoing: "UPDATE fulfilment SET state = 5 WHERE number = 2", kind: .books,
            stories: ["1 lines have other units under way than their fulfilments"]),
        Falsification(
            statement: "UPDATE order_allocation SET open = 3", undoing: "UPDATE order_allocation SET open = 2",
            kind: .books,
            stories: ["1 lines wait for other units than are set aside for them"]),
        Falsification(
            statement: "UPDATE orders SET events = 3", undoing: "UPDATE orders SET events = 2", kind: .events,
            stories: ["1 orders have a gap in their history"]),
        Falsification(
            statement: "UPDATE order_line_money SET earned_units = 3",
            undoing: "UPDATE order_line_money SET earned_units = 2", kind: .money,
            stories: ["1 lines earned something else than what has left of them"]),
        Falsification(
            statement: """
                ALTER TABLE payment_attempt DISABLE TRIGGER USER;
                INSERT INTO payment_attempt (id, order_id, tender_number, action, purpose, amount, state, cause_id, ended_at)
                SELECT '00000000-0000-4000-8000-0000000000b4', order_id, tender_number, action, purpose, amount, state, cause_id,
                    ended_at FROM payment_attempt WHERE action = 4
                """,
            undoing: """
                DELETE FROM payment_attempt WHERE id = '00000000-0000-4000-8000-0000000000b4';
                ALTER TABLE payment_attempt ENABLE TRIGGER USER
                """, kind: .money,
            stories: [
                "1 orders' sums are not those of their payment attempts",
                "1 refunds do not have one credit memo each",
            ]),
        Falsification(
            statement: "UPDATE tender SET amount = 200 WHERE number = 2",
            undoing: "UPDATE tender SET amount = 250 WHERE number = 2", kind: .money,
            stories: ["1 tenders gave more than they were for, or got back more than they gave"]),
        Falsification(
            statement: "UPDATE order_money SET owed = 350, adjusted = 50",
            undoing: "UPDATE order_money SET owed = 300, adjusted = 0", kind: .money,
            stories: ["1 orders were refunded more than was due"]),
        Falsification(
            statement: "UPDATE order_money SET owed = 298", undoing: "UPDATE order_money SET owed = 300", kind: .money,
            stories: ["1 orders owe something else than their lines say"]),
        Falsification(
            statement: "UPDATE stored_value_account SET balance = 101",
            undoing: "UPDATE stored_value_account SET balance = 100", kind: .money,
            stories: ["1 balances of stored value are not the sum of their entries"]),
        Falsification(
            statement: "UPDATE tender SET account_id = NULL",
            undoing: """
                UPDATE tender SET account_id = '00000000-0000-4000-8000-00000000000a' WHERE number = 1
                """, kind: .money,
            stories: ["1 payments and settlements with stored value are not those of its accounts"]),
        Falsification(
            statement: """
                ALTER TABLE return_event DISABLE TRIGGER USER;
                UPDATE return_order SET ahead = 50, ahead_settlement = 2;
                UPDATE return_event SET event = 13
                """,
            undoing: """
                UPDATE return_order SET ahead = 0, ahead_settlement = 0;
                UPDATE return_event SET event = 7;
                ALTER TABLE return_event ENABLE TRIGGER USER
                """, kind: .money,
            stories: ["1 payments and settlements with stored value are not those of its accounts"]),
        Falsification(
            statement: "UPDATE document_counter SET last = 2", undoing: "UPDATE document_counter SET last = 1",
            kind: .books,
            stories: ["1 series of documents have a gap in their numbers"]),
        Falsification(
            statement: """
                ALTER TABLE document_line DISABLE TRIGGER USER;
                UPDATE document_line SET amount = 201
                """,
            undoing: "UPDATE document_line SET amount = 0; ALTER TABLE document_line ENABLE TRIGGER USER", kind: .money,
            stories: ["1 lines were invoiced for more than has left of them"]),
        Falsification(
            statement: "UPDATE return_order SET state = 6", undoing: "UPDATE return_order SET state = 7", kind: .books,
            stories: [
                "1 lines have other units returned than inspections accepted and parcels brought back",
                "1 returns have a gap in their history, or stand elsewhere than it says",
            ]),
        Falsification(
            statement: "UPDATE stock_movement SET on_hand_delta = 2 WHERE kind = 20",
            undoing: "UPDATE stock_movement SET on_hand_delta = 1 WHERE kind = 20", kind: .books,
            stories: ["1 inspections put other units into stock than they said"]),
    ]

    @Test("books that agree are not accused; each false row, a doubled refund too, is found and named for what it is")
    func books() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["MUG"], locations: ["DC"])
            try await deployment.change(.receive, [("MUG", "DC", 20)])
            _ = try await deployment.place(try deployment.order([("MUG", "DC", 4)]))
            let reader = LedgerReader(
                url: deployment.stack.postgres.connectionString(database: deployment.keyPrefix))
            func run(_ sql: String) async throws {
                try await deployment.pool.withConnection { connection in try connection.executeScript(sql) }
            }
            let result: Result<Void, any Error>
            do {
                #expect(try await reader.lifeViolations() == [])
                // Facts that never change are falsified here.
                try await run("ALTER TABLE stock_movement DISABLE TRIGGER USER")
                try await run(Self.life)
                #expect(try await reader.lifeViolations() == [])
                for falsification in Self.falsifications {
                    try await run(falsification.statement)
                    let found = try await reader.lifeViolations()
                    #expect(found.map(\.story) == falsification.stories)
                    #expect(found.first?.kind == falsification.kind)
                    try await run(falsification.undoing)
                    #expect(try await reader.lifeViolations() == [], "\(falsification.undoing)")
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await reader.shutdown()
            try result.get()
        }
    }
}
