import Domain
import PostgresClient

extension Ledger {
    static let reviewColumns = """
        r.remorse_seconds, r.stock, r.backordered, r.zero_price, r.price_tolerance, r.address, r.zone_countries,
            r.zone_prefixes, r.payment, r.maximum_amount, r.maximum_units, r.fraud_milliseconds, r.fraud_holds
        """

    private static let writeRules = PostgresStatement(
        "write_channel_review",
        """
        INSERT INTO channel_review (channel_id, remorse_seconds, stock, backordered, zero_price, price_tolerance, address,
            zone_countries, zone_prefixes, payment, maximum_amount, maximum_units, fraud_milliseconds, fraud_holds)
        SELECT c.id, $2::int4, $3::bool, $4::bool, $5::bool, $6::int4, $7::bool, $8::text[], $9::text[], $10::bool,
            $11::int8, $12::int8, $13::int4, $14::bool
        FROM channel c WHERE c.code = $1::text
        ON CONFLICT (channel_id) DO UPDATE SET remorse_seconds = excluded.remorse_seconds, stock = excluded.stock,
            backordered = excluded.backordered, zero_price = excluded.zero_price,
            price_tolerance = excluded.price_tolerance, address = excluded.address,
            zone_countries = excluded.zone_countries, zone_prefixes = excluded.zone_prefixes, payment = excluded.payment,
            maximum_amount = excluded.maximum_amount, maximum_units = excluded.maximum_units,
            fraud_milliseconds = excluded.fraud_milliseconds, fraud_holds = excluded.fraud_holds
        """)
    private static let deleteRules = PostgresStatement(
        "delete_channel_review",
        "DELETE FROM channel_review USING channel c WHERE c.code = $1::text AND channel_review.channel_id = c.id")

    private static let rulesOfChannels = PostgresStatement(
        "rules_of_channels",
        """
        SELECT c.code, \(reviewColumns) FROM channel c LEFT JOIN channel_review r ON r.channel_id = c.id
        WHERE c.code = ANY($1::text[])
        """, access: .readOnly)

    /// Codes of existing channels whose review rules are to be others than they are.
    static func turnedReviews(_ channels: [Channel], on connection: PostgresConnection) throws -> [String] {
        var wanted: [String: ReviewRules?] = [:]
        for channel in channels {
            switch channel.review {
            case .kept: continue
            case .off: wanted[channel.code] = .some(nil)
            case .rules(let rules): wanted[channel.code] = rules
            }
        }
        guard !wanted.isEmpty else { return [] }
        return try connection.execute(rulesOfChannels, [.texts(wanted.keys.sorted())]).compactMap { row in
            let code = try row.text(0)
            let rules = try ReviewRules(row: row, at: 1)
            return wanted[code] == .some(rules) ? nil : code
        }
    }

    /// The steps that set the review rules of channels, whose rows are locked.
    static func writingReviews(_ channels: [Channel]) -> [LedgerStep] {
        channels.compactMap { channel in
            switch channel.review {
            case .kept: nil
            case .off: (deleteRules, [.text(channel.code)])
            case .rules(let rules):
                (
                    writeRules,
                    [
                        .text(channel.code), .int32(rules.remorseSeconds), .bool(rules.stock),
                        .bool(rules.backordered), .bool(rules.zeroPrice),
                        .optional(rules.priceTolerancePercent) { .int32($0) }, .bool(rules.address),
                        .texts(rules.zones.map(\.country)),
                        .texts(rules.zones.map { $0.postcodePrefixes.joined(separator: " ") }), .bool(rules.payment),
                        .optional(rules.maximumAmountMinor) { .int64($0) },
                        .optional(rules.maximumUnits) { .int64($0) },
                        .optional(rules.fraud) { .int32($0.timeLimitMilliseconds) },
                        .bool(rules.fraud?.holdsWhenUnavailable ?? true),
                    ]
                )
            }
        }
    }
}

extension ReviewRules {
    /// Reads ``Ledger/reviewColumns`` from a column on; nil where the channel has no rules.
    init?(row: PostgresRow, at column: Int) throws {
        guard let remorse = try row.int32OrNil(column) else { return nil }
        let countries = try row.texts(column + 6)
        let prefixes = try row.texts(column + 7)
        self.init(
            remorseSeconds: remorse, stock: try row.bool(column + 1), backordered: try row.bool(column + 2),
            zeroPrice: try row.bool(column + 3), priceTolerancePercent: try row.int32OrNil(column + 4),
            address: try row.bool(column + 5),
            zones: zip(countries, prefixes).map { country, prefixes in
                Zone(country: country, postcodePrefixes: prefixes.split(separator: " ").map(String.init))
            },
            payment: try row.bool(column + 8), maximumAmountMinor: try row.int64OrNil(column + 9),
            maximumUnits: try row.int64OrNil(column + 10))
        if let limit = try row.int32OrNil(column + 11) {
            fraud = FraudCheck(timeLimitMilliseconds: limit, holdsWhenUnavailable: try row.bool(column + 12))
        }
    }
}
