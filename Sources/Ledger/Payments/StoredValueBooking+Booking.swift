import Domain
import PostgresClient

extension StoredValueBooking {
    private static let book = PostgresStatement(
        "book_stored_value",
        """
        WITH a AS (
            UPDATE stored_value_account SET balance = balance + $2::int8, entries = entries + 1
            WHERE id = $1::uuid AND currency = $3::text AND balance + $2::int8 >= 0 RETURNING id, entries
        )
        INSERT INTO stored_value_entry (account_id, sequence, amount, cause_id, order_id, reason, caller)
        SELECT id, entries, $2::int8, $4::uuid, $5::uuid, $6::text, $7::text FROM a
        """)
    private static let balance = PostgresStatement(
        "stored_value_balance", "SELECT balance, currency FROM stored_value_account WHERE id = $1::uuid",
        access: .readOnly)

    /// Books it.
    ///
    /// Throws `Refusal` where the account does not exist, has another currency, or its balance does not suffice; nothing is
    /// booked then, and the transaction must not be committed.
    func book(caller: String, currency: Currency, on connection: PostgresConnection) throws {
        let id = PostgresValue.uuid(PostgresUUID(account))
        let booked = try connection.execute(
            Self.book,
            [
                id, .int64(amount), .text(currency.code), .uuid(PostgresUUID(cause)),
                .optional(order) { .uuid(PostgresUUID($0)) }, .text(reason), .text(caller),
            ])
        guard booked.affectedRows != 1 else { return }
        guard let row = try connection.execute(Self.balance, [id]).first else {
            throw Refusal.notFound(.storedValue, "\(account)")
        }
        let (balance, stored) = (try row.int64(0), try row.text(1))
        guard stored == currency.code else {
            throw Refusal.wrongState(
                .storedValue, "\(account)", state: stored,
                explanation: "it is of another currency than \(currency.code)")
        }
        throw Refusal.wrongState(
            .storedValue, "\(account)", state: "balance=\(balance)",
            explanation: "\(-amount) minor units are wanted, \(balance) are there")
    }
}
