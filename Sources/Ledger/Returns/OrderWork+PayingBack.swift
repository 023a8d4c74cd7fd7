import Domain
import PostgresClient

extension ReturnOrder {
    /// Refuses a settlement that was not granted, and any while an exchange is under way: what is left is not known then.
    func checkSettlement(_ settlement: ReturnSettlement) throws(Refusal) {
        if let exchange, !exchange.isPlaced {
            throw .wrongState(
                .returnOrder, "R\(number)", state: "exchanging",
                explanation: "an order takes the place of its goods and is not placed yet")
        }
        if settlement == .original, refundWay == .storeCredit {
            throw .wrongState(
                .returnOrder, "R\(number)", state: refundWay.word, explanation: "store credit was granted, not money")
        }
    }

    /// Refuses to give money before the goods were inspected where their rules do not say so, or where it was given already.
    func checkAhead() throws(Refusal) {
        if let line = lines.first(where: { !$0.terms.refundAhead }) {
            throw .wrongState(
                .returnOrder, "R\(number) line \(line.number)", state: "no_refund_ahead",
                explanation: "the rule \(line.rule) gives no money before the goods were inspected")
        }
        guard ahead == 0 else {
            throw .wrongState(
                .returnOrder, "R\(number)", state: "refunded_ahead",
                explanation: "\(ahead) minor units were given back before its goods were inspected")
        }
        if let exchange, exchange.stands {
            throw .wrongState(
                .returnOrder, "R\(number)", state: "exchanged",
                explanation: "its refund goes into the order \(exchange.order)")
        }
    }
}

extension OrderWork {
    private static let settledElsewhere = PostgresStatement(
        "settled_elsewhere",
        """
        SELECT r.number FROM return_order r LEFT JOIN return_exchange x ON x.return_id = r.id
        WHERE r.order_id = $1::uuid AND (r.settled > 0 OR r.ahead > 0 OR x.credited > 0)
        """, access: .readOnly)

    /// Refuses the first tender of an order whose returns gave money back already: it was paid elsewhere, and what was given
    /// is in no account of what its tenders take.
    func refuseWhereSettledElsewhere() throws {
        guard paid == nil else { return }
        let settled = try connection.execute(Self.settledElsewhere, [.uuid(PostgresUUID(head.id))])
        // Sorted there, it could be looked for in all returns by their numbers.
        guard let number = try settled.map({ try $0.int64(0) }).min() else { return }
        throw Refusal.wrongState(
            .order, head.id.description, state: "paid_elsewhere",
            explanation: "its return R\(number) was settled while it had no tender: it is paid elsewhere")
    }

    /// What a return would refund if all of its units came back as its terms have it best, in minor units.
    func expectedRefund(of order: ReturnOrder) throws -> Int64 {
        guard ReturnStanding.open.contains(order.state) else { return order.remaining }
        var refund = ReturnRefund(fee: order.deductions)
        var left: [Int32: ReturnableUnits] = [:]
        for line in order.lines {
            guard let number = line.orderLine else { continue }
            var units = try left[number] ?? lines[place(ofLine: number)].books.returnable
            let value = units.take(min(line.reserved, units.units))
            left[number] = units
            _ = refund.add(value: value, disposition: line.terms.best, terms: line.terms)
        }
        return refund.amount
    }

    /// Gives back what the settlement of a return says, in its transaction: to the tenders of the order, by refund sequence, or
    /// as store credit of its customer.
    ///
    /// What a gateway has to give back is written down as attempts and sent by whoever looks next, once, also after a crash.
    /// What was given back before, in whatever way, is not given again: no more than is due back. An order without tenders is
    /// paid elsewhere.
    ///
    /// - Parameters:
    ///   - amount: what is settled, in minor units; nothing is given for none.
    ///   - setOff: what was set off, and so is not due back before.
    ///   - settlement: how.
    ///   - reference: what names it where somebody outside has paid.
    ///   - ahead: whether the goods are still to be inspected.
    /// - Returns: what was given.
    /// - Throws: `Refusal` where it is not known yet what was taken, where the tenders may not give, or where store credit has
    ///   no customer.
    mutating func payBack(
        _ amount: Int64, settingOff setOff: Int64 = 0, by settlement: ReturnSettlement, reference: String,
        ahead: Bool = false
    ) throws -> Int64 {
        guard amount > 0, settlement == .storeCredit || paid != nil else {
            try adjust(setOff)
            return amount
        }
        var book = try payments()
        book.patienceMilliseconds = 0
        if paid != nil { book.adjust(setOff) }
        let given = try book.payBack(
            amount, by: settlement, reference: reference, ahead: ahead && paid != nil, of: self)
        try write(&book)
        return given
    }

    // MARK: - Exchanges

    /// Whether units of it were neither cancelled nor came back.
    var stands: Bool { lines.contains { $0.units.ordered > $0.units[.cancelled] + $0.units[.returned] } }

    /// What it costs and none of its tenders covers, in minor units.
    var toPay: Int64 {
        max(0, owed - (paid.map { $0.taken - $0.givenBack + $0.held } ?? 0))
    }

    /// Names what a return is expected to bring as a tender of the order that takes the place of its goods; where it is decided
    /// already, moves it there at once.
    ///
    /// - Parameters:
    ///   - exchange: the exchange.
    ///   - returned: its return.
    ///   - other: the new order.
    /// - Returns: what went into it.
    /// - Throws: `Refusal`.
    mutating func begin(_ exchange: EntityID, of returned: ReturnOrder, in other: inout OrderWork) throws -> Int64 {
        var book = try other.payments()
        var expected = try expectedRefund(of: returned)
        if ReturnStanding.open.contains(returned.state) {
            expected = max(0, expected - (try owedAhead(apartFrom: returned.id).reduce(0) { $0 + $1.amount }))
        }
        // What nobody has paid is not there to go into anything.
        if let paid { expected = min(expected, paid.taken - paid.givenBack - paid.givenOtherwise + paid.held) }
        if min(expected, book.money.uncovered) > 0 {
            let customer = other.head.customer.id
            let account = customer.isEmpty ? nil : try Ledger.creditAccount(of: other).id
            try book.expect(expected, of: exchange, label: "R\(returned.number)", account: account)
        }
        let taken = returned.state == .decided ? try move(expected, of: exchange, into: &book) : 0
        try other.write(&book)
        return taken
    }

    /// Moves what a decided return refunds into the order that takes the place of its goods, as far as that is owed there and
    /// due back here.
    ///
    /// - Parameters:
    ///   - amount: what is refunded, in minor units.
    ///   - setOff: what was set off, and so is not due back here before.
    ///   - exchange: the exchange.
    ///   - other: the new order.
    /// - Returns: what went into it.
    /// - Throws: `Refusal`.
    mutating func move(
        _ amount: Int64, settingOff setOff: Int64, of exchange: EntityID, into other: inout OrderWork
    ) throws -> Int64 {
        var book = try other.payments()
        let taken = try move(amount, settingOff: setOff, of: exchange, into: &book)
        try other.write(&book)
        return taken
    }

    private mutating func move(
        _ amount: Int64, settingOff setOff: Int64 = 0, of exchange: EntityID, into book: inout PaymentBook
    ) throws -> Int64 {
        guard paid != nil else { return try book.take(amount, of: exchange, cause: change.id) }
        var own = try payments()
        own.adjust(setOff)
        // What is still being taken may be declined: it goes into nothing before it is there.
        let taken = try book.take(min(amount, own.money.overpaid), of: exchange, cause: change.id)
        try own.giveOtherwise(.init(kind: .exchange, label: "\(exchange)", amount: taken))
        try write(&own)
        return taken
    }
}
