public import Domain
import PostgresClient

/// A channel's own price of an article; nil takes it away.
public struct ChannelPrice: Hashable, Sendable {
    /// The article.
    public var sku: String
    /// The price of one unit.
    public var price: UnitPrice?

    /// Makes a price.
    public init(sku: String, price: UnitPrice?) {
        self.sku = sku
        self.price = price
    }
}

extension Ledger {
    private static let channelOfPrices = PostgresStatement(
        "channel_of_prices", "SELECT id, currency FROM channel WHERE code = $1::text FOR NO KEY UPDATE")
    private static let productsOfPrices = PostgresStatement(
        "products_of_prices", "SELECT sku FROM product WHERE sku = ANY($1::text[])", access: .readOnly)
    private static let writePrices = PostgresStatement(
        "write_channel_prices",
        """
        INSERT INTO channel_price (channel_id, product_id, price_units, price_nanos)
        SELECT $1::int4, p.id, n.units, n.nanos
        FROM unnest($2::text[], $3::int8[], $4::int4[]) AS n(sku, units, nanos) JOIN product p ON p.sku = n.sku
        ON CONFLICT (channel_id, product_id) DO UPDATE
            SET price_units = excluded.price_units, price_nanos = excluded.price_nanos
            WHERE (channel_price.price_units, channel_price.price_nanos)
                IS DISTINCT FROM (excluded.price_units, excluded.price_nanos)
        """)
    private static let deletePrices = PostgresStatement(
        "delete_channel_prices",
        """
        DELETE FROM channel_price USING product p
        WHERE channel_price.channel_id = $1::int4 AND channel_price.product_id = p.id AND p.sku = ANY($2::text[])
        """)
    private static let pricePage = PostgresStatement(
        "channel_price_page",
        """
        SELECT p.sku, n.price_units, n.price_nanos
        FROM channel_price n JOIN channel c ON c.id = n.channel_id JOIN product p ON p.id = n.product_id
        WHERE c.code = $1::text AND p.sku > $2::text ORDER BY p.sku LIMIT $3::int4
        """, access: .readOnly)

    /// Sets a channel's own prices, or takes them away; all or none.
    ///
    /// The reply is stored with the effect.
    ///
    /// - Parameters:
    ///   - request: the caller's id.
    ///   - channel: the channel's code.
    ///   - currency: the currency of the prices; nil where none is given.
    ///   - prices: the prices, each sku once.
    ///   - body: the request in its canonical encoding.
    ///   - caller: who asks.
    ///   - encodeReply: makes the reply from the number of prices that changed.
    /// - Returns: the reply, this time's or that of the same request before.
    /// - Throws: `Refusal` where the channel or an article does not exist, or the currency is another one.
    public func setPrices(
        _ request: EntityID, channel: String, currency: Currency?, _ prices: [ChannelPrice], body: [UInt8],
        caller: Caller, encodeReply: @escaping @Sendable (Int) throws -> [UInt8]
    ) async throws -> [UInt8] {
        try await onceOnly { connection in
            let read = try connection.pipeline([
                (.begin, []), (Ledger.channelOfPrices, [.text(channel)]),
                (Ledger.productsOfPrices, [.texts(prices.map(\.sku))]),
            ])
            if let reply = try Ledger.storedReply(request, .catalogue, body: body, caller: caller, on: connection) {
                return reply
            }
            guard let row = read[1].first else { throw Refusal.notFound(.channel, channel) }
            let own = try row.text(1)
            var violations: [FieldViolation] = []
            if let currency, currency.code != own {
                violations.append(FieldViolation("prices", "the channel's currency is \(own)"))
            }
            let known = Set(try read[2].map { try $0.text(0) })
            for (index, price) in prices.enumerated() where !known.contains(price.sku) {
                violations.append(FieldViolation("prices[\(index)].sku", "no product has this sku"))
            }
            guard violations.isEmpty else { throw Refusal.invalid(violations) }
            let id = PostgresValue.int32(try row.int32(0))
            let set = prices.compactMap { entry in entry.price.map { (sku: entry.sku, price: $0) } }
            let written = try connection.pipeline([
                (
                    Ledger.writePrices,
                    [
                        id, .texts(set.map(\.sku)), .int64s(set.map(\.price.units)), .int32s(set.map(\.price.nanos)),
                    ]
                ),
                (Ledger.deletePrices, [id, .texts(prices.filter { $0.price == nil }.map(\.sku))]),
            ])
            let reply = try encodeReply(written[0].affectedRows + written[1].affectedRows)
            try connection.pipeline([
                Ledger.storing(request, .catalogue, body: body, reply: reply, caller: caller), (.commit, []),
            ])
            return reply
        }
    }

    /// A channel's own prices after a sku, in ascending byte order.
    public func prices(channel: String, after sku: String?, limit: Int) async throws -> Page<ChannelPrice> {
        try await onConnection { connection in
            let rows = try connection.execute(
                Ledger.pricePage, [.text(channel), .text(sku ?? ""), .int32(Int32(clamping: limit + 1))])
            return Page(
                try rows.map { row in
                    guard let price = UnitPrice(units: try row.int64(1), nanos: try row.int32(2)) else {
                        throw UnreadableValue(column: "channel_price.price_units")
                    }
                    return ChannelPrice(sku: try row.text(0), price: price)
                }, limit: limit)
        }
    }

    /// The currency of a channel; nil where there is no such channel.
    public func currency(ofChannel code: String) async throws -> Currency? {
        try await onConnection { connection in
            let rows = try connection.execute(Ledger.currencyOfChannel, [.text(code)])
            return try rows.first.flatMap { Currency(code: try $0.text(0)) }
        }
    }

    private static let currencyOfChannel = PostgresStatement(
        "currency_of_channel", "SELECT currency FROM channel WHERE code = $1::text", access: .readOnly)
}
