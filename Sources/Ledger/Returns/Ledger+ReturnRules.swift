public import Domain
import PostgresClient

extension Ledger {
    private static let lockRules = PostgresStatement(
        "lock_return_rules", "LOCK TABLE return_rules IN SHARE ROW EXCLUSIVE MODE")
    private static let ruledChannels = PostgresStatement(
        "channels_of_return_rules", "SELECT code FROM channel WHERE code = ANY($1::text[])", access: .readOnly)
    private static let insertRules = PostgresStatement(
        "insert_return_rules",
        """
        INSERT INTO return_rules (version, time_zone, second_grade_suffix, created_by)
        SELECT coalesce(max(version), 0) + 1, $1::text, $2::text, $3::text FROM return_rules RETURNING version
        """)
    private static let insertRule = PostgresStatement(
        "insert_return_rule",
        """
        INSERT INTO return_rule (version, number, name, channels, articles, reasons, methods, without_order, fee_currency,
            accepts, window_days, arrival_days, conditions, fee, fee_basis_points, share_dispositions, share_basis_points,
            label_payer, refund_ahead, refund_way, needs_approval)
        VALUES ($1::int4, $2::int2, $3::text, $4::text[], $5::text[], $6::int2[], $7::int2[], $8::bool, $9::text,
            $10::bool, $11::int4, $12::int4, $13::int2[], $14::int8, $15::int4, $16::int2[], $17::int4[], $18::int2,
            $19::bool, $20::int2, $21::bool)
        """)
    private static let unknownZone = PostgresStatement(
        "unknown_return_zone",
        "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1::text)", access: .readOnly)
    private static let rulesHead = PostgresStatement(
        "return_rules_head",
        """
        SELECT version, time_zone, second_grade_suffix, created_at FROM return_rules
        WHERE version = CASE WHEN $1::int4 = 0 THEN (SELECT max(version) FROM return_rules) ELSE $1::int4 END
        """, access: .readOnly)
    private static let rulesOfVersion = PostgresStatement(
        "return_rules_of_version",
        """
        SELECT u.name, \(termsColumns), u.channels, u.articles, u.reasons, u.methods, u.without_order, u.fee_currency,
            u.accepts
        FROM return_rule u WHERE u.version = $1::int4 ORDER BY u.number
        """, access: .readOnly)

    /// The columns of a rule's terms, eleven of them; see ``Domain/ReturnTerms/init(row:from:)``.
    static let termsColumns = """
        u.window_days, u.arrival_days, u.conditions, u.fee, u.fee_basis_points, u.share_dispositions,
        u.share_basis_points, u.label_payer, u.refund_ahead, u.refund_way, u.needs_approval
        """

    /// Makes a new version of the rules about returns; the reply is stored with it.
    ///
    /// Versions are made one after the other, and never change. A crash before the commit leaves nothing, one after it what
    /// a repetition answers.
    ///
    /// - Parameters:
    ///   - id: the caller's id.
    ///   - rules: the rules, of which the version is not looked at.
    ///   - body: the request in its canonical encoding.
    ///   - caller: who asks.
    ///   - encodeReply: makes the reply of the version's number.
    /// - Returns: the reply, the stored one for a repetition.
    /// - Throws: `Refusal`, `invalid` for a zone that does not exist.
    public func upsertReturnRules(
        _ id: EntityID, _ rules: ReturnRules, body: [UInt8], caller: Caller,
        encodeReply: @escaping @Sendable (Int32) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            _ = try connection.pipeline([(.begin, []), (Ledger.lockRules, [])])
            if let reply = try Ledger.storedReply(id, .returnRules, body: body, caller: caller, on: connection) {
                return reply
            }
            if !rules.timeZone.isEmpty,
                try connection.execute(Ledger.unknownZone, [.text(rules.timeZone)]).first != nil
            {
                throw Refusal.invalid([FieldViolation("time_zone", "is no name of an IANA time zone")])
            }
            let channels = Set(rules.rules.flatMap(\.channels)).sorted()
            let known = Set(try connection.execute(Ledger.ruledChannels, [.texts(channels)]).map { try $0.text(0) })
            let unknown = rules.rules.enumerated().flatMap { index, rule in
                rule.channels.subtracting(known).sorted().map {
                    FieldViolation("rules[\(index)].channels", "no channel has the code \($0)")
                }
            }
            guard unknown.isEmpty else { throw Refusal.invalid(unknown) }
            let made = try connection.execute(
                Ledger.insertRules, [.text(rules.timeZone), .text(rules.secondGradeSuffix), .text(caller.id)])
            guard let version = try made.first?.int32(0) else {
                throw UnreadableValue(column: "return_rules.version")
            }
            let reply = try encodeReply(version)
            var steps = rules.rules.enumerated().map { index, rule in
                Ledger.inserting(rule, number: Int16(index + 1), of: version)
            }
            steps.append(Ledger.storing(id, .returnRules, body: body, reply: reply, caller: caller))
            _ = try connection.pipeline(steps + [(.commit, [])])
            return reply
        }
    }

    private static func inserting(_ rule: ReturnRule, number: Int16, of version: Int32) -> LedgerStep {
        let terms = rule.terms ?? ReturnTerms()
        let shares = terms.shares.sorted { $0.key.rawValue < $1.key.rawValue }
        return (
            insertRule,
            [
                .int32(version), .int16(number), .text(rule.name), .texts(rule.channels.sorted()),
                .texts(rule.articles), .int16s(rule.reasons.map(\.rawValue).sorted()),
                .int16s(rule.methods.map(\.rawValue).sorted()), .bool(rule.withoutOrder),
                .optional(rule.feeCurrency) { .text($0.code) }, .bool(rule.terms != nil), .int32(terms.windowDays),
                .int32(terms.arrivalDays), .int16s(terms.conditions.map(\.rawValue).sorted()), .int64(terms.feeMinor),
                .int32(terms.feeBasisPoints), .int16s(shares.map(\.key.rawValue)), .int32s(shares.map(\.value)),
                .int16(terms.labelPayer.rawValue), .bool(terms.refundAhead), .int16(terms.refundWay.rawValue),
                .bool(terms.needsApproval),
            ]
        )
    }

    /// A version of the rules with the moment when it was made; 0 is the one in force, nil where there is none.
    public func returnRules(_ version: Int32) async throws -> (rules: ReturnRules, createdAt: Instant)? {
        try await onConnection { connection in try Ledger.returnRules(version, on: connection) }
    }

    /// The same within a transaction.
    static func returnRules(_ version: Int32, on connection: PostgresConnection) throws
        -> (rules: ReturnRules, createdAt: Instant)?
    {
        guard let head = try connection.execute(rulesHead, [.int32(version)]).first else { return nil }
        let number = try head.int32(0)
        let rules = try connection.execute(rulesOfVersion, [.int32(number)]).map { try ReturnRule(row: $0) }
        return (
            ReturnRules(
                version: number, timeZone: try head.text(1), secondGradeSuffix: try head.text(2), rules: rules),
            Instant(microseconds: try head.timestamp(3))
        )
    }
}

extension ReturnRule {
    fileprivate init(row: PostgresRow) throws {
        var currency: Currency?
        if let code = try row.textOrNil(17) {
            guard let known = Currency(code: code) else { throw UnreadableValue(column: "return_rule.fee_currency") }
            currency = known
        }
        self.init(
            name: try row.text(0), channels: Set(try row.texts(12)), articles: try row.texts(13),
            reasons: try .stored(row.int16s(14), "return_rule.reasons"),
            methods: try .stored(row.int16s(15), "return_rule.methods"), withoutOrder: try row.bool(16),
            feeCurrency: currency, terms: try row.bool(18) ? ReturnTerms(row: row, from: 1) : nil)
    }
}

extension ReturnTerms {
    /// Reads the eleven columns of terms that begin with one.
    init(row: PostgresRow, from first: Int) throws {
        let dispositions = try row.int16s(first + 5).map {
            try Disposition.stored($0, "return_rule.share_dispositions")
        }
        let shares = zip(dispositions, try row.int32s(first + 6))
        self.init(
            windowDays: try row.int32(first), arrivalDays: try row.int32(first + 1),
            conditions: try .stored(row.int16s(first + 2), "return_rule.conditions"),
            feeMinor: try row.int64(first + 3), feeBasisPoints: try row.int32(first + 4),
            shares: Dictionary(shares) { $1 },
            labelPayer: try .stored(row.int16(first + 7), "return_rule.label_payer"),
            refundAhead: try row.bool(first + 8),
            refundWay: try .stored(row.int16(first + 9), "return_rule.refund_way"),
            needsApproval: try row.bool(first + 10))
    }
}

extension LifecycleWord {
    /// The value with a stored number.
    static func stored(_ number: Int16, _ column: String) throws -> Self {
        guard let value = Self(rawValue: number) else { throw UnreadableValue(column: column) }
        return value
    }
}

extension Set where Element: LifecycleWord {
    /// The values with stored numbers.
    static func stored(_ numbers: [Int16], _ column: String) throws -> Set {
        Set(try numbers.map { try Element.stored($0, column) })
    }
}
