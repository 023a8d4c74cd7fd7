/// What a document says, as it was issued.
public struct DocumentContent: Hashable, Sendable {
    /// Goods of one line of the order.
    public struct Line: Hashable, Sendable {
        /// Position in the order.
        public var number: Int32
        /// The article.
        public var sku: String
        /// Text of the line.
        public var description: String
        /// Units.
        public var quantity: Int64
        /// Their price with all taxes, in minor units.
        public var amount: Int64
        /// Taxes of these units.
        public var taxes: [Tax]

        /// Makes a line.
        public init(
            number: Int32, sku: String, description: String, quantity: Int64, amount: Int64, taxes: [Tax]
        ) {
            self.number = number
            self.sku = sku
            self.description = description
            self.quantity = quantity
            self.amount = amount
            self.taxes = taxes
        }
    }

    /// An amount that was taken by or given back to a tender, or given back in another way.
    public struct Payment: Hashable, Sendable {
        /// What it is; nil where somebody outside gave it back.
        public var kind: TenderKind?
        /// What people know it by; may be empty.
        public var label: String
        /// Minor units.
        public var amount: Int64

        /// Makes a payment.
        public init(kind: TenderKind, label: String, amount: Int64) {
            self.kind = kind
            self.label = label
            self.amount = amount
        }

        /// Makes what a till or a bank gave back.
        ///
        /// - Parameters:
        ///   - reference: what names it there.
        ///   - amount: minor units.
        public init(outside reference: String, amount: Int64) {
            (kind, label, self.amount) = (nil, reference, amount)
        }
    }

    /// Its number.
    public var number: DocumentNumber
    /// When it was issued.
    public var issuedAt: Instant
    /// The order.
    public var order: EntityID
    /// The channel, and the channel's own number of the order.
    public var channel: String
    /// The channel's own number of the order.
    public var externalID: String
    /// Name of the customer; may be empty.
    public var customer: String
    /// Country of the customer; may be empty.
    public var country: String
    /// The currency.
    public var currency: Currency
    /// Goods; empty on a credit memo.
    public var lines: [Line]
    /// What was taken, or given back on a credit memo.
    public var payments: [Payment]
    /// Why, on a credit memo; may be empty.
    public var reason: String

    /// Makes the content.
    public init(
        number: DocumentNumber, issuedAt: Instant, order: EntityID, channel: String, externalID: String,
        customer: String, country: String, currency: Currency, lines: [Line], payments: [Payment], reason: String = ""
    ) {
        self.number = number
        self.issuedAt = issuedAt
        self.order = order
        self.channel = channel
        self.externalID = externalID
        self.customer = customer
        self.country = country
        self.currency = currency
        self.lines = lines
        self.payments = payments
        self.reason = reason
    }

    /// What it comes to: the goods, or on a credit memo what was given back.
    public var total: Int64 {
        number.kind == .creditMemo
            ? payments.reduce(0) { $0 + $1.amount } : lines.reduce(0) { $0 + $1.amount }
    }

    /// Its text for people, in lines of at most some 100 characters but for long descriptions.
    public var text: String {
        var rows = [
            "\(number.kind.title) \(number)", "legal entity  \(number.entity)",
            "issued        \(Self.day(issuedAt)) (UTC)",
            "order         \(channel) \(Self.plain(externalID)) (\(order))",
        ]
        let person = [customer, country].filter { !$0.isEmpty }.joined(separator: ", ")
        if !person.isEmpty { rows.append("customer      \(Self.plain(person))") }
        if !reason.isEmpty { rows.append("reason        \(Self.plain(reason))") }
        rows.append("")
        for line in lines {
            rows.append(
                "\(line.number). \(line.quantity) x \(Self.plain(line.sku))  \(Self.plain(line.description))  \(shown(line.amount))"
            )
            for tax in line.taxes {
                rows.append("     of which \(Self.plain(tax.name))  \(shown(tax.amountMinor))")
            }
        }
        rows.append("total \(shown(total))")
        for payment in payments {
            let label = payment.label.isEmpty ? "" : " (\(Self.plain(payment.label)))"
            let word = number.kind == .creditMemo ? "given back" : "paid"
            let way = payment.kind.map { "by \($0.word)" } ?? "outside"
            rows.append("\(word) \(way)\(label)  \(shown(payment.amount))")
        }
        return rows.joined(separator: "\n") + "\n"
    }

    /// Its content as JSON on one line; amounts are minor units.
    public var json: String {
        let lines = self.lines.map { line in
            let taxes = line.taxes.map {
                "{\"name\":\(Self.quoted($0.name)),\"amount_minor\":\($0.amountMinor),\"included\":\($0.included)}"
            }
            return "{\"line_number\":\(line.number),\"sku\":\(Self.quoted(line.sku)),"
                + "\"description\":\(Self.quoted(line.description)),\"quantity\":\(line.quantity),"
                + "\"amount_minor\":\(line.amount),\"taxes\":[\(taxes.joined(separator: ","))]}"
        }
        let payments = self.payments.map {
            "{\"kind\":\"\($0.kind?.word ?? "outside")\",\"label\":\(Self.quoted($0.label)),\"amount_minor\":\($0.amount)}"
        }
        return "{\"number\":\(Self.quoted("\(number)")),\"kind\":\"\(number.kind.word)\","
            + "\"legal_entity\":\(Self.quoted(number.entity)),\"issued_on\":\"\(Self.day(issuedAt))\","
            + "\"order_id\":\"\(order)\",\"channel\":\(Self.quoted(channel)),\"external_id\":\(Self.quoted(externalID)),"
            + "\"customer\":\(Self.quoted(customer)),\"country\":\(Self.quoted(country)),"
            + "\"currency\":\"\(currency.code)\",\"lines\":[\(lines.joined(separator: ","))],"
            + "\"total_minor\":\(total),\"payments\":[\(payments.joined(separator: ","))],"
            + "\"reason\":\(Self.quoted(reason))}"
    }

    private func shown(_ minor: Int64) -> String {
        let digits = "\(minor.magnitude)"
        let padded = String(repeating: "0", count: max(0, currency.decimals + 1 - digits.count)) + digits
        let sign = minor < 0 ? "-" : ""
        guard currency.decimals > 0 else { return "\(sign)\(padded) \(currency.code)" }
        return "\(sign)\(padded.dropLast(currency.decimals)).\(padded.suffix(currency.decimals)) \(currency.code)"
    }

    /// The day of a moment in UTC, `2026-11-26`.
    private static func day(_ moment: Instant) -> String {
        let date = Gregorian.date(ofDay: Gregorian.floorDivide(moment.microseconds, 86_400_000_000))
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(date.year)-\(two(date.month))-\(two(date.day))"
    }

    /// A text without what could break a line.
    private static func plain(_ text: String) -> String {
        String(text.map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? "?" : $0 })
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{00}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

extension DocumentKind {
    /// Its name as printed.
    public var title: String {
        switch self {
        case .invoice: "Invoice"
        case .receipt: "Receipt"
        case .creditMemo: "Credit memo"
        }
    }
}
