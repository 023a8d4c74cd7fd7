public import Domain
import PostgresClient
import Synchronization

/// An exchange whose new order is to be placed, or was.
public struct StandingExchange: Sendable {
    /// What was asked.
    public var request: ExchangeRequest
    /// Where it stands.
    public var state: ExchangeState
    /// The order whose goods come back.
    public var order: EntityID
    /// Its channel, by code: the new order's too.
    public var channel: String
    /// Who ordered.
    public var customer: Customer
    /// How the new order is to be delivered: as was said, else as the order whose goods come back; nil where neither was told.
    public var delivery: OrderDelivery?
    /// The return's number.
    public var number: Int64
    /// Whether the new order was placed and has units that are neither cancelled nor came back.
    public var orderStands: Bool
}

/// The new order of an exchange was placed after that was given up, and the return has another one, or takes none any more:
/// nothing was written, and the order is to be cancelled.
public struct SupersededExchange: Error {}

extension Ledger {
    private static let insertExchange = PostgresStatement(
        "insert_exchange",
        """
        INSERT INTO return_exchange (id, return_id, state, skus, locations, quantities, price_units, price_nanos, amounts, body,
            caller)
        VALUES ($1::uuid, $2::uuid, 1, $3::text[], $4::text[], $5::int8[], $6::int8[], $7::int4[], $8::int8[], $9::bytea,
            $10::text)
        """)
    private static let locationOfPickup = PostgresStatement(
        "location_of_pickup", "SELECT 1 FROM location WHERE code = $1::text", access: .readOnly)
    private static let giveUpExchange = PostgresStatement(
        "give_up_exchange",
        """
        UPDATE return_exchange SET state = 3
        WHERE id = $1::uuid AND state = 1 AND NOT EXISTS (SELECT FROM orders WHERE id = $1::uuid)
        RETURNING 1
        """)
    // One that was given up meanwhile takes its place again where no other one has it.
    private static let endExchange = PostgresStatement(
        "end_exchange",
        """
        UPDATE return_exchange x SET state = 2 FROM return_exchange was
        WHERE x.id = $1::uuid AND was.id = x.id AND x.state <> 2 AND (x.state = 1 OR NOT EXISTS (
            SELECT FROM return_exchange y WHERE y.return_id = x.return_id AND y.state <> 3))
        RETURNING was.state
        """)
    private static let exchangeState = PostgresStatement(
        "exchange_state", "SELECT state FROM return_exchange WHERE id = $1::uuid", access: .readOnly)
    private static let standingExchange = PostgresStatement(
        "standing_exchange",
        """
        SELECT x.state, x.return_id, x.skus, x.locations, x.quantities, x.price_units, x.price_nanos, x.amounts, x.body,
            x.caller, r.currency, r.order_id, c.code, o.customer_id, o.customer_name, o.customer_email, o.customer_country,
            r.number, \(exchangeOrderStands)
        FROM return_exchange x JOIN return_order r ON r.id = x.return_id JOIN orders o ON o.id = r.order_id
        JOIN channel c ON c.id = o.channel_id WHERE x.id = $1::uuid
        """, access: .readOnly)
    private static let askedExchanges = PostgresStatement(
        "asked_exchanges",
        """
        (SELECT id FROM return_exchange WHERE state = 1 AND asked_at <= now() - make_interval(secs => $1::int4)
        ORDER BY asked_at LIMIT $2::int4)
        UNION ALL
        (SELECT x.id FROM return_exchange x WHERE x.state = 3 AND x.asked_at <= now() - make_interval(secs => $1::int4)
            AND x.asked_at > now() - interval '7 days' AND \(exchangeOrderStands)
            AND NOT EXISTS (SELECT FROM idempotency i
                WHERE i.subject_id = x.id AND i.kind = \(IdempotencyKind.exchangeCalledOff.rawValue))
        ORDER BY x.asked_at LIMIT $2::int4)
        """, access: .readOnly)
    /// What the audit log tells the end of an exchange by, in place of the method that asked for it.
    private static let endingTag: [UInt8] = [89]
    private static let placeOfExchange = PostgresStatement(
        "place_of_exchange",
        "SELECT r.order_id, c.code FROM return_order r JOIN channel c ON c.id = r.channel_id WHERE r.id = $1::uuid",
        access: .readOnly)

    /// Writes down that an exchange is asked for, before its order is placed.
    ///
    /// What is written down is found again after a crash and gone on with, so that a new order never stands without its
    /// return's knowing.
    ///
    /// - Parameter request: what is asked.
    /// - Returns: the exchange as it stands, also of the same request before.
    /// - Throws: `Refusal`: `wrongState` where the return is over, expired, without an order, or has an exchange.
    public func beginExchange(_ request: ExchangeRequest) async throws -> StandingExchange {
        let found = try await onConnection { connection in
            try connection.execute(
                Ledger.placeOfExchange, [.uuid(PostgresUUID(request.returnOrder))]
            ).first.map { (order: try $0.uuidOrNil(0).map { EntityID($0) }, channel: try $0.text(1)) }
        }
        guard let found else {
            throw Refusal.missing(.returnOrder, request.returnOrder.description, for: request.caller)
        }
        try request.caller.scope.admit(channel: found.channel)
        guard let order = found.order else {
            throw Refusal.wrongState(
                .returnOrder, request.returnOrder.description, state: "without_order",
                explanation: "goods of no known order are not exchanged: settle the return and place an order")
        }
        let change = OrderChange(
            id: request.id, order: order, kind: .exchangeIntent, body: request.body, caller: request.caller)
        _ = try await changeOrder(change) { work in
            guard let returned = try Ledger.returnOrder(request.returnOrder, on: work.connection) else {
                throw UnreadableValue(column: "return_order.id")
            }
            try Ledger.checkExchange(request, of: returned)
            try work.connection.execute(
                Ledger.insertExchange,
                [
                    .uuid(PostgresUUID(request.id)), .uuid(PostgresUUID(request.returnOrder)),
                    .texts(request.lines.map(\.sku)), .texts(request.lines.map(\.location)),
                    .int64s(request.lines.map(\.quantity)), .int64s(request.lines.map(\.unitPrice.units)),
                    .int32s(request.lines.map(\.unitPrice.nanos)), .int64s(request.lines.map(\.amountMinor)),
                    .bytes(request.body), .text(request.caller.id),
                ])
            if let delivery = request.delivery {
                let place = delivery.pickupLocation
                guard
                    try place.isEmpty || work.connection.execute(Ledger.locationOfPickup, [.text(place)]).first != nil
                else {
                    throw Refusal.invalid([FieldViolation("delivery.pickup_location", "no location has this code")])
                }
                var columns = DeliveryColumns()
                columns.append(delivery, of: request.id, sequence: 1)
                _ = try work.connection.pipeline([columns.insertingWished])
            }
            return [1]
        }
        guard let standing = try await exchange(request.id, caller: request.caller) else {
            throw UnreadableValue(column: "return_exchange.id")
        }
        return standing
    }

    private static func checkExchange(_ request: ExchangeRequest, of returned: ReturnOrder) throws(Refusal) {
        let name = "R\(returned.number)"
        guard request.currency == returned.currency else {
            throw .invalid([
                FieldViolation(
                    "lines[0].unit_price.currency_code", "must be the order's currency, \(returned.currency.code)")
            ])
        }
        guard returned.exchange == nil else {
            throw .wrongState(
                .returnOrder, name, state: "exchanged", explanation: "an order takes the place of its goods already")
        }
        try checkExchange(of: returned)
    }

    /// Refuses an exchange for a return that gave money already, is not approved, or is over.
    private static func checkExchange(of returned: ReturnOrder) throws(Refusal) {
        let name = "R\(returned.number)"
        guard returned.ahead == 0 else {
            throw .wrongState(
                .returnOrder, name, state: "refunded_ahead",
                explanation: "\(returned.ahead) minor units were given back before its goods were inspected")
        }
        switch returned.state {
        case .approved, .underWay, .partlyReceived, .received, .decided: break
        case .requested, .inspected, .settled, .declined, .cancelled, .expired, .refused:
            throw .wrongState(
                .returnOrder, name, state: returned.state.word,
                explanation: "goods are exchanged for an approved return that is not over")
        }
    }

    /// An exchange as it stands, or nil.
    public func exchange(_ id: EntityID, caller: Caller) async throws -> StandingExchange? {
        try await onConnection { connection in
            guard let row = try connection.execute(Ledger.standingExchange, [.uuid(PostgresUUID(id))]).first else {
                return nil
            }
            guard let currency = Currency(code: try row.text(10)), let order = try row.uuidOrNil(11) else {
                throw UnreadableValue(column: "return_order.currency")
            }
            let (skus, locations) = (try row.texts(2), try row.texts(3))
            let (quantities, amounts) = (try row.int64s(4), try row.int64s(7))
            let (units, nanos) = (try row.int64s(5), try row.int32s(6))
            let lines = try skus.indices.map { index in
                guard let price = UnitPrice(units: units[index], nanos: nanos[index]) else {
                    throw UnreadableValue(column: "return_exchange.price_units")
                }
                return ExchangeRequest.Line(
                    sku: skus[index], location: locations[index], quantity: quantities[index], unitPrice: price,
                    amountMinor: amounts[index])
            }
            let deliveries = try connection.pipeline([
                Ledger.readingWishedDelivery(of: id), Ledger.readingDelivery(of: EntityID(order)),
            ]).map { try Ledger.delivery($0) }
            return StandingExchange(
                request: ExchangeRequest(
                    id: id, returnOrder: EntityID(try row.uuid(1)), lines: lines, currency: currency,
                    body: try row.bytes(8), caller: caller),
                state: try .stored(row.int16(0), "return_exchange.state"), order: EntityID(order),
                channel: try row.text(12),
                customer: Customer(
                    id: try row.text(13), name: try row.text(14), email: try row.text(15), country: try row.text(16)),
                delivery: deliveries[0] ?? deliveries[1],
                number: try row.int64(17), orderStands: try row.bool(18))
        }
    }

    /// Notes that the new order of an exchange could not be placed.
    ///
    /// Whoever makes the same call at once may have placed it: then the exchange is not given up. One that is placed after this
    /// is taken in, or called off, by ``endExchange(_:encodeReply:)``.
    ///
    /// - Parameter exchange: the exchange.
    /// - Returns: whether it is given up; else its order was placed.
    /// - Throws: `Refusal`.
    public func giveUpExchange(_ exchange: StandingExchange) async throws -> Bool {
        let request = exchange.request
        // Not the id of the end: a reply that tells of it being given up must not answer whoever places the order.
        let change = OrderChange(
            id: request.id.named("given up"), order: exchange.order, kind: .exchangeEnd,
            body: Ledger.endingTag + request.body.dropFirst(), caller: request.caller)
        let reply = try await changeOrder(change) { work in
            let id = [PostgresValue.uuid(PostgresUUID(request.id))]
            if try work.connection.execute(Ledger.giveUpExchange, id).first != nil { return [1] }
            let state = try work.connection.execute(Ledger.exchangeState, id).single.int16(0)
            return [state == ExchangeState.givenUp.rawValue ? 1 : 0]
        }.reply
        return reply == [1]
    }

    /// Notes that the new order of an exchange stands; the reply is stored with it.
    ///
    /// A return that is decided, and whose refund the new goods cost at least, is settled by it. An exchange that was given up
    /// before its order was placed takes its place again.
    ///
    /// - Parameters:
    ///   - exchange: the exchange.
    ///   - encodeReply: makes the reply of the return.
    /// - Returns: the reply; where somebody else ended the exchange before, that one's.
    /// - Throws: `Refusal`; ``SupersededExchange`` where it was given up and cannot take its place again.
    public func endExchange(
        _ exchange: StandingExchange, encodeReply: @escaping @Sendable (ReturnOrder) throws -> [UInt8]
    ) async throws -> [UInt8] {
        let request = exchange.request
        let change = OrderChange(
            id: request.id, order: exchange.order, kind: .exchangeEnd,
            body: Ledger.endingTag + request.body.dropFirst(),
            caller: request.caller)
        return try await changeOrder(change) { work in
            let id = [PostgresValue.uuid(PostgresUUID(request.id))]
            let was = try work.connection.execute(Ledger.endExchange, id).first?.int16(0)
            guard let found = try Ledger.returnOrder(request.returnOrder, on: work.connection) else {
                throw UnreadableValue(column: "return_order.id")
            }
            if was == nil {
                guard found.exchange?.order == request.id else { throw SupersededExchange() }
                return try encodeReply(found)
            }
            if was == ExchangeState.givenUp.rawValue {
                do { try Ledger.checkExchange(of: found) } catch { throw SupersededExchange() }
            }
            var other = try Ledger.companion(request.id, of: work)
            var returned = ReturnWork(
                found, cause: request.id, caller: request.caller, actors: request.caller.actors, reason: "",
                on: work.connection)
            work.tell(
                .returnExchanged, thing: .init(.returnOrder, found.id, from: found.state, to: found.state),
                amountMinor: request.totalMinor,
                details: ["return": "R\(found.number)", "exchange_order": request.id.description])
            let taken = try work.begin(request.id, of: found, in: &other)
            returned.exchange(taken: taken, in: other)
            work.add(other)
            try returned.settleWhereNothingRemains()
            try Ledger.tell(returned, moved: [], in: &work)
            return try encodeReply(returned.save())
        }.reply
    }

    /// Notes that whatever can be cancelled of the order of a given up exchange was: it is not looked for any more.
    ///
    /// - Parameter exchange: the exchange, whose order is there.
    /// - Returns: whether units of the order stand all the same, and this call was the first to note it: people must be told.
    /// - Throws: `Refusal`.
    public func noteCalledOff(_ exchange: StandingExchange) async throws -> Bool {
        let request = exchange.request
        let change = OrderChange(
            id: request.id, order: request.id, kind: .exchangeCalledOff,
            body: Ledger.endingTag + request.body.dropFirst(), caller: .system)
        let isFirst = Atomic(true)
        let reply = try await changeOrder(change) {
            isFirst.store(false, ordering: .relaxed)
        } _: { work in
            [work.stands ? 1 : 0]
        }.reply
        return reply == [1] && isFirst.load(ordering: .relaxed)
    }

    /// Exchanges that were asked for so many seconds ago and are not ended, oldest first; then those that were given up, whose
    /// order stands, and of which nobody has noted that nothing more can be done.
    public func askedExchanges(afterSeconds seconds: Int32, limit: Int32) async throws -> [EntityID] {
        try await onConnection { connection in
            try connection.execute(Ledger.askedExchanges, [.int32(seconds), .int32(limit)]).map {
                EntityID(try $0.uuid(0))
            }
        }
    }
}
