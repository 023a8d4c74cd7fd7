public import Domain
import PostgresClient

/// An account of stored value.
public struct StoredValue: Hashable, Sendable {
    /// Its id.
    public var id: EntityID
    /// Whose it is.
    public var kind: StoredValueKind
    /// The customer; empty for a gift card.
    public var customer: String
    /// The last letters of a gift card's code; empty for store credit.
    public var label: String
    /// What is left.
    public var balance: Money
    /// When it was opened.
    public var openedAt: Instant
}

/// One change of a balance.
public struct StoredValueEntry: Hashable, Sendable {
    /// Position in the account, from 1, without a gap.
    public var sequence: Int32
    /// Added, or taken away where it is negative; minor units.
    public var amount: Int64
    /// The request that caused it.
    public var cause: EntityID
    /// The order that was paid or refunded.
    public var order: EntityID?
    /// The order's channel.
    public var channel: String?
    /// Why.
    public var reason: String
    /// When.
    public var at: Instant
}

/// How an account is named.
public enum StoredValueName: Hashable, Sendable {
    /// By its id.
    case id(EntityID)
    /// By the customer and the currency.
    case customer(String, Currency)
    /// By the hash of a gift card's code.
    case code([UInt8])
}

/// What is issued.
public struct StoredValueIssue: Sendable {
    /// The caller's id; of a gift card, its account's.
    public var id: EntityID
    /// The customer; nil for a gift card.
    public var customer: String?
    /// The hash of the gift card's new code, and its last letters; nil for store credit.
    public var code: (hash: [UInt8], label: String)?
    /// How much, at least 1.
    public var amount: Money
    /// Why.
    public var reason: String
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes an issue.
    public init(
        id: EntityID, customer: String?, code: (hash: [UInt8], label: String)?, amount: Money, reason: String,
        body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.customer = customer
        self.code = code
        self.amount = amount
        self.reason = reason
        self.body = body
        self.caller = caller
    }
}

extension Ledger {
    private static let accountColumns = """
        SELECT id, kind, customer_id, label, currency, balance, opened_at FROM stored_value_account
        """
    private static let accountByID = PostgresStatement(
        "stored_value_by_id", "\(accountColumns) WHERE id = $1::uuid", access: .readOnly)
    private static let accountOfCustomer = PostgresStatement(
        "stored_value_of_customer",
        "\(accountColumns) WHERE customer_id = $1::text AND currency = $2::text AND kind = 4", access: .readOnly)
    private static let accountByCode = PostgresStatement(
        "stored_value_by_code", "\(accountColumns) WHERE code_hash = $1::bytea AND kind = 5", access: .readOnly)
    private static let entriesOfAccount = PostgresStatement(
        "stored_value_entries",
        """
        SELECT e.sequence, e.amount, e.cause_id, e.order_id, e.reason, e.at, c.code FROM stored_value_entry e
        LEFT JOIN orders o ON o.id = e.order_id LEFT JOIN channel c ON c.id = o.channel_id
        WHERE e.account_id = $1::uuid ORDER BY e.sequence DESC LIMIT 100
        """, access: .readOnly)
    // The entries of one account: by the first column of the key.
    private static let changeByHand = PostgresStatement(
        "stored_value_changed_by_hand",
        """
        SELECT FROM stored_value_entry WHERE account_id = $1::uuid AND cause_id = $2::uuid AND order_id IS NULL LIMIT 1
        """, access: .readOnly)
    private static let openAccount = PostgresStatement(
        "open_stored_value",
        """
        INSERT INTO stored_value_account (id, kind, customer_id, code_hash, label, currency)
        VALUES ($1::uuid, $2::int2, $3::text, $4::bytea, $5::text, $6::text)
        ON CONFLICT (customer_id, currency) WHERE kind = 4 DO NOTHING
        """)

    /// Adds to a customer's store credit, which is opened with it, or makes a gift card.
    ///
    /// The reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - issue: what is issued.
    ///   - encodeReply: makes the reply of the account after it.
    /// - Returns: the reply, and whether an earlier call has issued it: the code of this one is worth nothing then.
    /// - Throws: `Refusal`.
    public func issueStoredValue(
        _ issue: StoredValueIssue, encodeReply: @escaping @Sendable (StoredValue) throws -> [UInt8]
    ) async throws -> (reply: [UInt8], isRepeated: Bool) {
        try await onceOnly { connection in
            try connection.execute(.begin)
            let currency = issue.amount.currency
            let name = issue.customer.map { StoredValueName.customer($0, currency) } ?? .id(issue.id)
            if let reply = try Ledger.replyToChange(
                issue.id, of: name, body: issue.body, caller: issue.caller, on: connection)
            {
                return (reply, true)
            }
            try connection.execute(
                Ledger.openAccount,
                [
                    .uuid(PostgresUUID(issue.id)),
                    .int16((issue.code == nil ? StoredValueKind.storeCredit : .giftCard).rawValue),
                    .text(issue.customer ?? ""), .optional(issue.code) { .bytes($0.hash) },
                    .text(issue.code?.label ?? ""), .text(currency.code),
                ])
            guard let account = try Ledger.storedValue(name, on: connection) else {
                throw Refusal.notFound(.storedValue, "\(issue.id)")
            }
            return (
                try Ledger.book(
                    StoredValueBooking(
                        account: account.id, amount: issue.amount.minorUnits, cause: issue.id, order: nil,
                        reason: issue.reason),
                    id: issue.id, body: issue.body, caller: issue.caller, currency: currency, on: connection,
                    encodeReply), false
            )
        }
    }

    /// The account of store credit of the customer whom an order names, opened where there is none.
    static func creditAccount(of work: OrderWork) throws -> StoredValue {
        let (customer, currency) = (work.head.customer.id, work.head.currency)
        guard !customer.isEmpty else {
            throw Refusal.wrongState(
                .order, "\(work.head.id)", state: "anonymous", explanation: "it names no customer who could have credit"
            )
        }
        try work.connection.execute(
            openAccount,
            [
                .uuid(PostgresUUID(.random())), .int16(StoredValueKind.storeCredit.rawValue), .text(customer), .null,
                .text(""), .text(currency.code),
            ])
        guard let account = try storedValue(.customer(customer, currency), on: work.connection) else {
            throw Refusal.notFound(.storedValue, customer)
        }
        return account
    }

    /// Changes a balance by hand.
    ///
    /// The reply is stored with the effect. Throws `Refusal` where the account does not exist, has another currency, or its
    /// balance would fall below 0.
    public func adjustStoredValue(
        _ id: EntityID, account: EntityID, amount: Money, reason: String, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (StoredValue) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            try connection.execute(.begin)
            if let reply = try Ledger.replyToChange(id, of: .id(account), body: body, caller: caller, on: connection) {
                return reply
            }
            return try Ledger.book(
                StoredValueBooking(
                    account: account, amount: amount.minorUnits, cause: id, order: nil, reason: reason),
                id: id, body: body, caller: caller, currency: amount.currency, on: connection, encodeReply)
        }
    }

    /// The reply stored for a change of a balance by hand; nil where it has not taken effect.
    ///
    /// Throws `Refusal` where the account has it and the reply is forgotten: entries stay for good, and so do their causes.
    private static func replyToChange(
        _ id: EntityID, of name: StoredValueName, body: [UInt8], caller: Caller, on connection: PostgresConnection
    ) throws -> [UInt8]? {
        // Before the reply is looked for: one that commits in between has a reply.
        let changed = try storedValue(name, on: connection).flatMap { account in
            try connection.execute(
                changeByHand, [.uuid(PostgresUUID(account.id)), .uuid(PostgresUUID(id))]
            ).isEmpty ? nil : account.id
        }
        if let reply = try storedReply(id, .storedValue, body: body, caller: caller, on: connection) { return reply }
        guard let changed else { return nil }
        throw Refusal.wrongState(
            .storedValue, "\(changed)", state: "booked",
            explanation: "an entry of it has the id \(id) already, since longer than answers are remembered")
    }

    private static func book(
        _ booking: StoredValueBooking, id: EntityID, body: [UInt8], caller: Caller, currency: Currency,
        on connection: PostgresConnection, _ encodeReply: (StoredValue) throws -> [UInt8]
    ) throws -> [UInt8] {
        try booking.book(caller: caller.id, currency: currency, on: connection)
        guard let account = try storedValue(.id(booking.account), on: connection) else {
            throw Refusal.notFound(.storedValue, "\(booking.account)")
        }
        let reply = try encodeReply(account)
        _ = try connection.pipeline([
            storing(id, .storedValue, body: body, reply: reply, caller: caller, subject: booking.account),
            (.commit, []),
        ])
        return reply
    }

    /// An account as it stands with its last 100 entries, newest first; nil where there is none.
    public func storedValue(_ name: StoredValueName) async throws -> (
        account: StoredValue, entries: [StoredValueEntry]
    )? {
        try await onConnection { connection in
            let mode = PostgresTransactionMode.repeatableReadReadOnly
            try connection.execute(mode.begin)
            guard let account = try Ledger.storedValue(name, on: connection) else { return nil }
            let rows = try connection.pipeline([
                (Ledger.entriesOfAccount, [.uuid(PostgresUUID(account.id))]), (mode.commit, []),
            ])[0]
            let entries = try rows.map { row in
                StoredValueEntry(
                    sequence: try row.int32(0), amount: try row.int64(1), cause: EntityID(try row.uuid(2)),
                    order: try row.uuidOrNil(3).map { EntityID($0) }, channel: try row.textOrNil(6),
                    reason: try row.text(4), at: Instant(microseconds: try row.timestamp(5)))
            }
            return (account, entries)
        }
    }

    /// An account as it stands, or nil.
    static func storedValue(_ name: StoredValueName, on connection: PostgresConnection) throws -> StoredValue? {
        let rows =
            switch name {
            case .id(let id): try connection.execute(accountByID, [.uuid(PostgresUUID(id))])
            case .customer(let customer, let currency):
                try connection.execute(accountOfCustomer, [.text(customer), .text(currency.code)])
            case .code(let hash): try connection.execute(accountByCode, [.bytes(hash)])
            }
        return try rows.first.map { row in
            guard let kind = StoredValueKind(rawValue: try row.int16(1)) else {
                throw UnreadableValue(column: "stored_value_account.kind")
            }
            guard let currency = Currency(code: try row.text(4)) else {
                throw UnreadableValue(column: "stored_value_account.currency")
            }
            return StoredValue(
                id: EntityID(try row.uuid(0)), kind: kind, customer: try row.text(2), label: try row.text(3),
                balance: Money(try row.int64(5), currency), openedAt: Instant(microseconds: try row.timestamp(6)))
        }
    }
}
