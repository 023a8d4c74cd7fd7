extension ReviewRules {
    /// What the rules find in an order, in the order of ``HoldReason``, each reason at most once.
    ///
    /// Pure: the same facts give the same findings. Lines without open units are not looked at.
    ///
    /// - Parameter facts: what is known of the order.
    /// - Returns: the findings; none where the order may pass.
    public func findings(in facts: ReviewFacts) -> [ReviewFinding] {
        let open = facts.lines.filter { $0.open > 0 }
        guard !open.isEmpty else { return [] }
        var findings: [ReviewFinding] = []
        if stock { findings += ReviewRules.shortStock(open) }
        if backordered { findings += ReviewRules.waiting(open) }
        findings += prices(open)
        if open.contains(where: \.tracked) { findings += destination(facts.delivery) }
        if payment { findings += ReviewRules.payment(facts) }
        findings += sizes(facts, open)
        if let fraud { findings += ReviewRules.fraud(fraud, facts.fraud) }
        return findings
    }

    private static func shortStock(_ lines: [ReviewFacts.Line]) -> [ReviewFinding] {
        let short = lines.filter { !$0.shortAt.isEmpty }
        return finding(.stockShort, short) { "\($0.sku) at \($0.shortAt.joined(separator: ", "))" }
    }

    private static func waiting(_ lines: [ReviewFacts.Line]) -> [ReviewFinding] {
        finding(.backordered, lines.filter { $0.backordered > 0 }) { "\($0.backordered) of \($0.sku)" }
    }

    private func prices(_ lines: [ReviewFacts.Line]) -> [ReviewFinding] {
        var findings: [ReviewFinding] = []
        if zeroPrice { findings += ReviewRules.finding(.priceZero, lines.filter { $0.unitPrice.isZero }) { $0.sku } }
        if let tolerance = priceTolerancePercent {
            let off = lines.filter { line in
                guard let own = line.listPrice else { return false }
                return !line.unitPrice.isWithin(percent: tolerance, of: own)
            }
            findings += ReviewRules.finding(.priceDiffers, off) { line in
                "\(line.sku) at \(line.unitPrice.decimal), the channel's price is \(line.listPrice?.decimal ?? "")"
            }
        }
        return findings
    }

    /// A finding about some lines; none where there are none.
    private static func finding(
        _ reason: HoldReason, _ lines: [ReviewFacts.Line], _ words: (ReviewFacts.Line) -> String
    ) -> [ReviewFinding] {
        guard !lines.isEmpty else { return [] }
        let named = lines.prefix(10).map { "line \($0.number): \(words($0))" }.joined(separator: "; ")
        let more = lines.count > 10 ? "; and \(lines.count - 10) more" : ""
        return [ReviewFinding(reason, named + more)]
    }

    private func destination(_ delivery: OrderDelivery?) -> [ReviewFinding] {
        if let delivery, delivery.method == .pickup { return [] }
        guard let address = delivery?.shipTo else {
            return self.address || !zones.isEmpty
                ? [ReviewFinding(.addressMissing, "no address to ship to was given")] : []
        }
        var findings: [ReviewFinding] = []
        if self.address {
            let missing = address.missing
            if !missing.isEmpty {
                findings.append(ReviewFinding(.addressIncomplete, "without \(missing.joined(separator: ", "))"))
            }
            if !address.country.isEmpty && !Country.isKnown(address.country) {
                findings.append(ReviewFinding(.addressCountryUnknown, "ISO 3166 has no country \(address.country)"))
            }
        }
        let isServed = zones.contains { $0.contains(country: address.country, postcode: address.postcode) }
        if !zones.isEmpty && !isServed {
            let place = [address.country, address.postcode].filter { !$0.isEmpty }.joined(separator: " ")
            findings.append(ReviewFinding(.addressNotServed, "the channel does not deliver to \(place)"))
        }
        return findings
    }

    private static func payment(_ facts: ReviewFacts) -> [ReviewFinding] {
        facts.payment.covers(facts.owedMinor)
            ? [] : [ReviewFinding(.paymentMissing, "payment is \(facts.payment.word)")]
    }

    private func sizes(_ facts: ReviewFacts, _ lines: [ReviewFacts.Line]) -> [ReviewFinding] {
        var findings: [ReviewFinding] = []
        if let bound = maximumAmountMinor, facts.owedMinor > bound {
            findings.append(
                ReviewFinding(
                    .amountTooHigh,
                    "\(Money(facts.owedMinor, facts.currency).decimal) \(facts.currency.code) are owed, "
                        + "\(Money(bound, facts.currency).decimal) pass unseen"))
        }
        if let bound = maximumUnits {
            var units: [String: Int64] = [:]
            for line in lines where line.tracked { units[line.sku, default: 0] += line.open }
            let many = units.filter { $0.value > bound }.sorted { $0.key < $1.key }
            if !many.isEmpty {
                let named = many.prefix(10).map { "\($0.value) of \($0.key)" }.joined(separator: ", ")
                findings.append(ReviewFinding(.quantityTooHigh, "\(named); \(bound) pass unseen"))
            }
        }
        return findings
    }

    private static func fraud(_ check: FraudCheck, _ verdict: FraudVerdict?) -> [ReviewFinding] {
        switch verdict {
        case .accepted: []
        case .suspected(let reason): [ReviewFinding(.fraudSuspected, reason)]
        case .rejected(let reason): [ReviewFinding(.fraudRejected, reason)]
        case .unavailable(let how):
            check.holdsWhenUnavailable ? [ReviewFinding(.fraudCheckUnavailable, how)] : []
        case nil: check.holdsWhenUnavailable ? [ReviewFinding(.fraudCheckUnavailable, "it was not asked")] : []
        }
    }
}

extension PaymentStanding {
    /// Whether an order that stands so has no payment missing: its tenders cover it, or it costs nothing.
    ///
    /// - Parameter owedMinor: what the customer owes, in minor units, without what was cancelled.
    /// - Returns: whether nothing is missing.
    public func covers(_ owedMinor: Int64) -> Bool {
        guard owedMinor > 0 else { return true }
        switch self {
        case .covered, .paid, .refundDue: return true
        case .untracked, .due, .partlyCovered: return false
        }
    }
}

extension Address {
    /// Names of what mail needs and this address lacks.
    ///
    /// A postal code is not missed where the country's post has none.
    public var missing: [String] {
        var missing: [String] = []
        if name.isEmpty { missing.append("name") }
        if lines.allSatisfy(\.isEmpty) { missing.append("street") }
        if city.isEmpty { missing.append("city") }
        if postcode.isEmpty && !Country.hasNoPostcodes(country) { missing.append("postcode") }
        if country.isEmpty { missing.append("country") }
        return missing
    }
}

extension UnitPrice {
    /// True for a price of nothing.
    public var isZero: Bool { units == 0 && nanos == 0 }

    /// Billionths of the currency's unit.
    private var nanoUnits: Int128 { Int128(units) * 1_000_000_000 + Int128(nanos) }

    /// Whether it differs from another price by at most so many per cent of that one.
    public func isWithin(percent: Int32, of other: UnitPrice) -> Bool {
        (nanoUnits - other.nanoUnits).magnitude * 100 <= other.nanoUnits.magnitude * UInt128(max(0, percent))
    }

    /// In digits with the decimals that it has, at least two: `4.95`.
    public var decimal: String {
        var fraction = "\(nanos.magnitude + 1_000_000_000)".dropFirst()
        while fraction.count > 2 && fraction.last == "0" { fraction.removeLast() }
        return "\(isNegative ? "-" : "")\(units.magnitude).\(fraction)"
    }
}

extension Money {
    /// In digits with the currency's decimals: `4.95`.
    public var decimal: String {
        var scale: UInt64 = 1
        for _ in 0..<currency.decimals { scale *= 10 }
        let sign = minorUnits < 0 ? "-" : ""
        let (whole, rest) = minorUnits.magnitude.quotientAndRemainder(dividingBy: scale)
        return currency.decimals == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\("\(rest + scale)".dropFirst())"
    }
}
