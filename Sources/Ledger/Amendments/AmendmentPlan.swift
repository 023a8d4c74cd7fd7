public import Domain
import PostgresClient

/// What an amendment does to an order as it stood when it was planned.
///
/// It is made twice, alike: before stock is set aside, to know what is needed, and in the transaction that takes it. Where the
/// two want different stock, the order was changed in between, and the amendment is planned anew.
public struct AmendmentPlan: Sendable {
    /// A line to add.
    struct NewLine: Sendable {
        var number: Int32
        var extends: Int32?
        var product: Int32
        var sku: String
        var isTracked: Bool
        var quantity: Int64
        var price: UnitPrice
        var amountMinor: Int64
        var taxes: [Tax]
        var description: String
        /// What is wanted of stock.
        var demand: Demand
        /// Where it stands in the request: index in `add`, or behind these in `change`.
        var place: Int

        var addedTaxMinor: Int64 { taxes.reduce(0) { $0 + ($1.included ? 0 : $1.amountMinor) } }
    }

    /// The lines to add, by number.
    var added: [NewLine] = []
    /// Units to cancel, by line.
    var cancelled: [(number: Int32, quantity: Int64)] = []
    /// The channel that the order came through.
    public var channel: String

    /// What is to be set aside, one demand for each tracked line that is added.
    public var demands: [Demand] { added.filter(\.isTracked).map(\.demand) }

    /// The place in the request of each of the demands.
    public var places: [Int] { added.filter(\.isTracked).map(\.place) }
}

extension OrderWork {
    private static let articles = PostgresStatement(
        "amendment_articles", "SELECT sku, id, tracked FROM product WHERE sku = ANY($1::text[])", access: .readOnly)
    private static let places = PostgresStatement(
        "amendment_places", "SELECT code FROM location WHERE code = ANY($1::text[])", access: .readOnly)
    private static let linesToExtend = PostgresStatement(
        "amendment_lines",
        """
        SELECT line_number, description, price_units, price_nanos FROM order_line
        WHERE order_id = $1::uuid AND line_number = ANY($2::int2[])
        """, access: .readOnly)
    private static let taxesToExtend = PostgresStatement(
        "amendment_taxes",
        """
        SELECT line_number, name, amount, included FROM order_line_tax
        WHERE order_id = $1::uuid AND line_number = ANY($2::int2[]) ORDER BY line_number, tax_number
        """, access: .readOnly)

    /// Plans an amendment of the order as it stands.
    ///
    /// - Throws: `Refusal` where the order, a line or the request does not allow it.
    func plan(_ request: AmendmentRequest) throws -> AmendmentPlan {
        try admit(request)
        let extended = request.change.compactMap { change in
            lines.first { $0.number == change.line }.flatMap { line in
                change.quantity > line.wanted ? change.line : nil
            }
        }
        let order = PostgresValue.uuid(PostgresUUID(head.id))
        let numbers = PostgresValue.int16s(extended.map { Int16($0) })
        let codes = Set(
            request.add.map(\.demand.location) + request.change.map(\.location)
                + [request.delivery?.pickupLocation ?? ""]
        ).subtracting([""])
        let read = try connection.pipeline([
            (Self.articles, [.texts(Set(request.add.map(\.demand.sku)).sorted())]),
            (Self.places, [.texts(codes.sorted())]), (Self.linesToExtend, [order, numbers]),
            (Self.taxesToExtend, [order, numbers]), UnfoundStock.reading(head.id),
        ])
        let unfound = try UnfoundStock(read[4])
        var plan = AmendmentPlan(channel: head.channel)
        try refuseUnknown(request, articles: read[0], places: read[1])
        var articles: [String: (id: Int32, isTracked: Bool)] = [:]
        for row in read[0] { articles[try row.text(0)] = (try row.int32(1), try row.bool(2)) }
        var next = (lines.map(\.number).max() ?? 0) + 1
        for (index, line) in request.add.enumerated() {
            guard let article = articles[line.demand.sku] else { continue }
            var demand = line.demand
            if demand.location.isEmpty { demand.avoided = unfound.locations(of: line.demand.sku) }
            plan.added.append(
                .init(
                    number: next, extends: nil, product: article.id, sku: line.demand.sku,
                    isTracked: article.isTracked, quantity: line.demand.quantity, price: line.unitPrice,
                    amountMinor: line.amount.minorUnits, taxes: line.taxes, description: line.description,
                    demand: demand, place: index))
            next += 1
        }
        var prices: [Int32: (price: UnitPrice, description: String)] = [:]
        for row in read[2] {
            guard let price = UnitPrice(units: try row.int64(2), nanos: try row.int32(3)) else {
                throw UnreadableValue(column: "order_line.price_units")
            }
            prices[Int32(try row.int16(0))] = (price, try row.text(1))
        }
        var taxes: [Int32: [Tax]] = [:]
        for row in read[3] {
            taxes[Int32(try row.int16(0)), default: []].append(
                Tax(name: try row.text(1), amountMinor: try row.int64(2), included: try row.bool(3)))
        }
        for (index, change) in request.change.enumerated() {
            let line = lines[try place(ofLine: change.line)]
            if change.quantity < line.wanted {
                plan.cancelled.append((change.line, line.wanted - change.quantity))
            } else if change.quantity > line.wanted, let found = prices[change.line] {
                var added = try extend(
                    line, by: change.quantity - line.wanted, found.price, found.description,
                    taxes[change.line] ?? [], change, number: next, place: request.add.count + index)
                if change.location.isEmpty { added.demand.avoided = unfound.locations(of: line.sku) }
                plan.added.append(added)
                next += 1
            }
        }
        guard next - 1 <= CallBounds.lines else {
            throw Refusal.invalid([
                FieldViolation("add", "an order has at most \(CallBounds.lines) lines, this one would have \(next - 1)")
            ])
        }
        guard !plan.added.isEmpty || !plan.cancelled.isEmpty || request.delivery != nil else {
            throw Refusal.wrongState(
                .order, "\(head.id)", state: status.word, explanation: "the amendment changes nothing of it")
        }
        return plan
    }

    /// Refuses what cannot be amended as a whole.
    private func admit(_ request: AmendmentRequest) throws {
        let actors = request.caller.actors
        if !request.add.isEmpty {
            _ = try Lifecycle.line.decide(.allocate, in: nil, by: actors, naming: "\(head.id)")
        }
        if request.expectedSequence > 0, request.expectedSequence != head.events {
            throw Refusal.wrongState(
                .order, "\(head.id)", state: "sequence=\(head.events)",
                explanation: "it has \(head.events) events, the caller knows of \(request.expectedSequence)")
        }
        let isOver = lines.allSatisfy { line in
            line.units[.cancelled] + line.units[.returned] + line.units[.delivered] == line.units.ordered
        }
        guard !head.goodsInHand, !isOver else {
            throw Refusal.wrongState(
                .order, "\(head.id)", state: status.word, explanation: "no unit of the order is open")
        }
        if let currency = request.currency, currency != head.currency {
            throw Refusal.invalid([
                FieldViolation("add[0].unit_price.currency_code", "the order's currency is \(head.currency.code)")
            ])
        }
        guard request.delivery != nil else { return }
        for line in lines {
            let between: [LineStatus] = [.released, .picked, .packed]
            if let status = between.first(where: { line.units[$0] > 0 }) {
                throw Refusal.wrongState(
                    .orderLine, "\(head.id) line \(line.number)", state: "\(status.word)=\(line.units[status])",
                    explanation: "units are on their way out: how they are delivered cannot be changed now")
            }
        }
    }

    private func refuseUnknown(
        _ request: AmendmentRequest, articles: PostgresRows, places: PostgresRows
    ) throws {
        let skus = Set(try articles.map { try $0.text(0) })
        let codes = Set(try places.map { try $0.text(0) }).union([""])
        var violations: [FieldViolation] = []
        for (index, line) in request.add.enumerated() {
            if !skus.contains(line.demand.sku) {
                violations.append(FieldViolation("add[\(index)].sku", "no product has this sku"))
            }
            if !codes.contains(line.demand.location) {
                violations.append(FieldViolation("add[\(index)].location", "no location has this code"))
            }
        }
        for (index, change) in request.change.enumerated() where !codes.contains(change.location) {
            violations.append(FieldViolation("change[\(index)].location", "no location has this code"))
        }
        if let pickup = request.delivery?.pickupLocation, !codes.contains(pickup) {
            violations.append(FieldViolation("delivery.pickup_location", "no location has this code"))
        }
        guard violations.isEmpty else { throw Refusal.invalid(violations) }
    }

    private func extend(
        _ line: LineUnits, by quantity: Int64, _ price: UnitPrice, _ description: String, _ taxes: [Tax],
        _ change: AmendmentRequest.Change, number: Int32, place: Int
    ) throws -> AmendmentPlan.NewLine {
        guard quantity <= Quantity.bound, let amount = price.amount(quantity: quantity, currency: head.currency) else {
            throw Refusal.invalid([
                FieldViolation("change[\(place)].quantity", "quantity times price is too large an amount")
            ])
        }
        _ = try Lifecycle.line.decide(.allocate, in: nil, by: self.change.caller.actors, naming: "\(head.id)")
        return AmendmentPlan.NewLine(
            number: number, extends: line.number, product: line.product, sku: line.sku, isTracked: line.isTracked,
            quantity: quantity, price: price, amountMinor: amount.minorUnits,
            taxes: try taxes.map { tax in
                let part = Rounding.halfEven(
                    Int128(tax.amountMinor) * Int128(quantity), dividedBy: Int128(line.units.ordered))
                guard let part = Int64(exactly: part) else {
                    throw Refusal.invalid([
                        FieldViolation("change[\(place)].quantity", "the line's tax would be too large an amount")
                    ])
                }
                return Tax(name: tax.name, amountMinor: part, included: tax.included)
            },
            description: description,
            demand: Demand(
                sku: line.sku, location: change.location, quantity: quantity, allowSplit: change.allowSplit),
            place: place)
    }
}

extension LineUnits {
    /// Units that the customer still wants, or has: all that were not cancelled.
    var wanted: Int64 { units.ordered - units[.cancelled] }
}
