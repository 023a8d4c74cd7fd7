import Domain
import HoldfastAPI
import OrderProcessing
import SwiftProtobuf

/// Requests about returns, translated and validated.
enum ReturnRequests {
    /// Most channels of a rule.
    static let channelBound = 100
    /// Most articles of a rule.
    static let articleBound = 1_000
    /// Most bytes of what names a settlement outside.
    static let referenceBound = 128
    /// Most bytes of what stands behind a sku for second grade.
    static let suffixBound = 16

    // MARK: - Rules

    /// The rules of a new version, whose number is not known yet.
    static func rules(_ request: Holdfast_V1_UpsertReturnRulesRequest) throws(Refusal) -> (
        id: EntityID, rules: ReturnRules
    ) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        validation.timeZone(request.timeZone, "time_zone")
        validation.text(request.secondGradeSuffix, to: suffixBound, "second_grade_suffix")
        if TextRules.hasOuterBlanks(request.secondGradeSuffix) {
            validation.refuse("second_grade_suffix", "must not begin or end with a blank")
        }
        var rules: [ReturnRule] = []
        if request.rules.isEmpty {
            validation.refuse("rules", "is required: 1 to \(ReturnRules.bound)")
        } else if request.rules.count > ReturnRules.bound {
            validation.refuse("rules", "must have at most \(ReturnRules.bound) entries, has \(request.rules.count)")
        } else {
            rules = request.rules.enumerated().map { rule($1, "rules[\($0)]", &validation) }
            validation.unique(rules.lazy.map(\.name), "this name") { "rules[\($0)].name" }
        }
        try validation.finish()
        return (
            id,
            ReturnRules(
                version: 0, timeZone: request.timeZone, secondGradeSuffix: request.secondGradeSuffix, rules: rules)
        )
    }

    private static func rule(
        _ rule: Holdfast_V1_ReturnRule, _ path: String, _ validation: inout RequestValidation
    ) -> ReturnRule {
        validation.text(rule.name, from: 1, to: 64, "\(path).name")
        if rule.channels.count > channelBound {
            validation.refuse("\(path).channels", "must have at most \(channelBound) entries")
        }
        for (index, code) in rule.channels.prefix(channelBound).enumerated() {
            validation.code(code, "\(path).channels[\(index)]")
        }
        if rule.articles.count > articleBound {
            validation.refuse("\(path).articles", "must have at most \(articleBound) entries")
        }
        for (index, article) in rule.articles.prefix(articleBound).enumerated() {
            validation.code(article, "\(path).articles[\(index)]")
            if article.dropLast().contains("*") {
                validation.refuse("\(path).articles[\(index)]", "must have a * at its end only")
            }
        }
        let reasons = rule.reasons.enumerated().compactMap {
            validation.word($1, as: ReturnReason.self, "\(path).reasons[\($0)]")
        }
        let methods = rule.methods.enumerated().compactMap {
            validation.word($1, as: ReturnMethod.self, "\(path).methods[\($0)]")
        }
        let (terms, currency) =
            rule.hasTerms ? self.terms(rule.terms, "\(path).terms", &validation) : (nil, nil)
        return ReturnRule(
            name: rule.name, channels: Set(rule.channels), articles: rule.articles, reasons: Set(reasons),
            methods: Set(methods), withoutOrder: rule.withoutOrder, feeCurrency: currency, terms: terms)
    }

    private static func terms(
        _ terms: Holdfast_V1_ReturnTerms, _ path: String, _ validation: inout RequestValidation
    ) -> (ReturnTerms, Currency?) {
        validation.number(terms.windowDays, in: 0...ReturnTerms.windowBound, "\(path).window_days")
        if terms.arrivalDays != 0 {
            validation.number(terms.arrivalDays, in: 1...ReturnTerms.arrivalBound, "\(path).arrival_days")
        }
        validation.number(terms.feeBasisPoints, in: 0...ReturnTerms.whole, "\(path).fee_basis_points")
        let conditions = terms.conditions.enumerated().compactMap {
            validation.word($1, as: ReturnCondition.self, "\(path).conditions[\($0)]")
        }
        var currency: Currency?
        if terms.hasFee {
            currency = validation.currency(terms.fee.currencyCode, "\(path).fee.currency_code")
            if terms.fee.amountMinor < 0 { validation.refuse("\(path).fee.amount_minor", "must not be negative") }
        }
        var shares: [Disposition: Int32] = [:]
        for (index, share) in terms.shares.enumerated() {
            validation.number(share.basisPoints, in: 0...ReturnTerms.whole, "\(path).shares[\(index)].basis_points")
            guard
                let disposition = validation.word(
                    share.disposition, as: Disposition.self, "\(path).shares[\(index)].disposition")
            else { continue }
            if shares.updateValue(share.basisPoints, forKey: disposition) != nil {
                validation.refuse("\(path).shares[\(index)].disposition", "stands at an earlier index already")
            }
        }
        let payer =
            terms.labelPayer == .unspecified
            ? .customer : validation.word(terms.labelPayer, as: LabelPayer.self, "\(path).label_payer")
        let way = refundWay(terms.refundWay, "\(path).refund_way", &validation)
        return (
            ReturnTerms(
                windowDays: terms.windowDays, arrivalDays: terms.arrivalDays == 0 ? 30 : terms.arrivalDays,
                conditions: Set(conditions), feeMinor: terms.hasFee ? terms.fee.amountMinor : 0,
                feeBasisPoints: terms.feeBasisPoints, shares: shares, labelPayer: payer ?? .customer,
                refundAhead: terms.refundAhead, refundWay: way ?? .original, needsApproval: terms.needsApproval),
            currency
        )
    }

    private static func refundWay(
        _ way: Holdfast_V1_RefundWay, _ path: String, _ validation: inout RequestValidation
    ) -> RefundWay? {
        way == .unspecified ? nil : validation.word(way, as: RefundWay.self, path)
    }

    // MARK: - Returns

    /// A wish to give units back.
    static func create(
        _ request: Holdfast_V1_CreateReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnRequest {
        var validation = RequestValidation()
        let id = validation.id(request.returnID, "return_id")
        let order = validation.id(request.orderID, "order_id")
        let method = validation.word(request.method, as: ReturnMethod.self, "method")
        let way = refundWay(request.refundWay, "refund_way", &validation)
        validation.text(request.note, to: OrderRequests.textBound, "note")
        var lines: [ReturnRequest.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                let path = "lines[\(index)]"
                validation.number(
                    line.orderLineNumber, in: 1...Int32(CallBounds.lines), "\(path).order_line_number")
                validation.quantity(line.quantity, "\(path).quantity")
                let reason = validation.word(line.reason, as: ReturnReason.self, "\(path).reason")
                let condition = validation.word(line.condition, as: ReturnCondition.self, "\(path).condition")
                lines.append(
                    .init(
                        orderLine: line.orderLineNumber, quantity: line.quantity, reason: reason ?? .other,
                        condition: condition ?? .unopened))
            }
            validation.unique(lines.lazy.map(\.orderLine), "this line") { "lines[\($0)].order_line_number" }
        }
        try validation.finish()
        return ReturnRequest(
            id: id, order: order, lines: lines, method: method ?? .mail, refundWay: way, note: request.note,
            body: body, caller: caller)
    }

    /// A claim without goods.
    static func claim(
        _ request: Holdfast_V1_CreateClaimRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnRequest {
        var validation = RequestValidation()
        let id = validation.id(request.returnID, "return_id")
        let order = validation.id(request.orderID, "order_id")
        let reason = validation.word(request.reason, as: ReturnReason.self, "reason")
        let way = refundWay(request.refundWay, "refund_way", &validation)
        validation.number(request.basisPoints, in: 0...ReturnTerms.whole, "basis_points")
        validation.text(request.note, to: OrderRequests.textBound, "note")
        var lines: [ReturnRequest.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.number(
                    line.orderLineNumber, in: 1...Int32(CallBounds.lines), "lines[\(index)].order_line_number")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                lines.append(
                    .init(
                        orderLine: line.orderLineNumber, quantity: line.quantity, reason: reason ?? .other,
                        condition: .damaged))
            }
            validation.unique(lines.lazy.map(\.orderLine), "this line") { "lines[\($0)].order_line_number" }
        }
        try validation.finish()
        return ReturnRequest(
            id: id, order: order, lines: lines, method: .mail, refundWay: way, note: request.note,
            claimBasisPoints: request.basisPoints == 0 ? ReturnTerms.whole : request.basisPoints, body: body,
            caller: caller)
    }

    /// Goods of which no order is known.
    static func blind(
        _ request: Holdfast_V1_CreateBlindReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> BlindReturnRequest {
        var validation = RequestValidation()
        let id = validation.id(request.returnID, "return_id")
        validation.code(request.channel, "channel")
        validation.code(request.location, "location")
        validation.text(request.note, to: OrderRequests.textBound, "note")
        var lines: [BlindReturnRequest.Line] = []
        var currency: Currency?
        var total: Int128 = 0
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                let path = "lines[\(index)]"
                validation.code(line.sku, "\(path).sku")
                validation.quantity(line.quantity, "\(path).quantity")
                let reason = validation.word(line.reason, as: ReturnReason.self, "\(path).reason")
                let condition = validation.word(line.condition, as: ReturnCondition.self, "\(path).condition")
                let disposition = validation.word(line.disposition, as: Disposition.self, "\(path).disposition")
                guard line.hasUnitValue else {
                    validation.refuse("\(path).unit_value", "is required")
                    continue
                }
                guard let own = validation.currency(line.unitValue.currencyCode, "\(path).unit_value.currency_code")
                else { continue }
                if let first = currency, first != own {
                    validation.refuse(
                        "\(path).unit_value.currency_code", "must be that of the first line, \(first.code)")
                }
                currency = currency ?? own
                guard let price = UnitPrice(units: line.unitValue.units, nanos: line.unitValue.nanos),
                    !price.isNegative
                else {
                    validation.refuse(
                        "\(path).unit_value", "must be 0 to \(UnitPrice.unitsBound), with nanos of its sign")
                    continue
                }
                guard (1...Quantity.bound).contains(line.quantity) else { continue }
                guard let amount = price.amount(quantity: line.quantity, currency: own) else {
                    validation.refuse(path, "quantity times unit_value is too large an amount")
                    continue
                }
                total += Int128(amount.minorUnits)
                lines.append(
                    .init(
                        sku: line.sku, quantity: line.quantity, amountMinor: amount.minorUnits,
                        reason: reason ?? .other, condition: condition ?? .used, disposition: disposition ?? .scrap))
            }
            if Int64(exactly: total) == nil { validation.refuse("lines", "add up to too large an amount") }
        }
        try validation.finish()
        guard let currency else { throw Refusal.invalid([FieldViolation("lines", "is required")]) }
        try caller.scope.admit(channel: request.channel)
        try caller.scope.admit(location: request.location)
        return BlindReturnRequest(
            id: id, channel: request.channel, currency: currency, location: request.location, lines: lines,
            note: request.note, body: body, caller: caller)
    }

    // MARK: - Changes

    /// A step of a return.
    static func change(
        _ request: Holdfast_V1_ChangeReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnChange {
        var validation = RequestValidation()
        let id = validation.id(request.changeID, "change_id")
        let subject = validation.id(request.returnID, "return_id")
        validation.text(request.reason, to: OrderRequests.textBound, "reason")
        let event: ReturnEvent
        switch request.action {
        case .approve: event = .approve
        case .decline: event = .decline
        case .handIn: event = .handIn
        case .closeReceipt: event = .closeReceipt
        case .refuse: event = .refuse
        case .cancel: event = .cancel
        case .unspecified, .UNRECOGNIZED:
            validation.refuse("action", "must be approve, decline, hand_in, close_receipt, refuse or cancel")
            event = .cancel
        }
        try validation.finish()
        return ReturnChange(
            id: id, returnOrder: subject, action: .step(event), reason: request.reason, body: body, caller: caller)
    }

    /// Goods that came.
    static func receive(
        _ request: Holdfast_V1_ReceiveReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnChange {
        var validation = RequestValidation()
        let id = validation.id(request.receiptID, "receipt_id")
        let subject = validation.id(request.returnID, "return_id")
        validation.code(request.location, "location")
        var scans: [ReturnChange.Scan] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                scans.append(.init(sku: line.sku, quantity: line.quantity))
            }
            validation.unique(scans.lazy.map(\.sku), "this sku") { "lines[\($0)].sku" }
        }
        try validation.finish()
        try caller.scope.admit(location: request.location)
        return ReturnChange(
            id: id, returnOrder: subject, action: .receive(scans, location: request.location, last: request.last),
            reason: "", body: body, caller: caller)
    }

    /// What was found.
    static func inspect(
        _ request: Holdfast_V1_InspectReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnChange {
        var validation = RequestValidation()
        let id = validation.id(request.inspectionID, "inspection_id")
        let subject = validation.id(request.returnID, "return_id")
        var findings: [ReturnChange.Finding] = []
        if validation.count(request.lines.count, to: CallBounds.findings, "lines") {
            for (index, line) in request.lines.enumerated() {
                let path = "lines[\(index)]"
                validation.number(line.lineNumber, in: 1...Int32(CallBounds.lines), "\(path).line_number")
                validation.quantity(line.quantity, "\(path).quantity")
                validation.text(line.note, to: OrderRequests.textBound, "\(path).note")
                let condition = validation.word(line.condition, as: ReturnCondition.self, "\(path).condition")
                let disposition = validation.word(line.disposition, as: Disposition.self, "\(path).disposition")
                findings.append(
                    .init(
                        line: line.lineNumber, quantity: line.quantity, condition: condition ?? .used,
                        disposition: disposition ?? .scrap, note: line.note))
            }
        }
        try validation.finish()
        return ReturnChange(
            id: id, returnOrder: subject, action: .inspect(findings), reason: "", body: body, caller: caller)
    }

    /// How it was settled.
    static func settle(
        _ request: Holdfast_V1_SettleReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnChange {
        var validation = RequestValidation()
        let id = validation.id(request.settlementID, "settlement_id")
        let subject = validation.id(request.returnID, "return_id")
        validation.text(request.reference, to: referenceBound, "reference")
        let way = validation.word(request.settlement, as: ReturnSettlement.self, "settlement")
        if way == .nothingDue || way == .exchange {
            validation.refuse("settlement", "must be original, store_credit or outside: the others come by themselves")
        }
        try validation.finish()
        return ReturnChange(
            id: id, returnOrder: subject,
            action: .settle(way ?? .outside, reference: request.reference, ahead: request.ahead), reason: "",
            body: body, caller: caller)
    }

    /// A label for goods that come back.
    static func label(
        _ request: Holdfast_V1_IssueReturnLabelRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReturnLabelRequest {
        var validation = RequestValidation()
        let id = validation.id(request.labelID, "label_id")
        let subject = validation.id(request.returnID, "return_id")
        validation.code(request.location, "location")
        validation.codeOrEmpty(request.carrier, "carrier")
        validation.codeOrEmpty(request.service, "service")
        try validation.finish()
        try caller.scope.admit(location: request.location)
        return ReturnLabelRequest(
            id: id, returnOrder: subject, location: request.location, carrier: request.carrier,
            service: request.service, body: body, caller: caller)
    }

    /// Other goods for those of a return.
    static func exchange(
        _ request: Holdfast_V1_ExchangeReturnRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ExchangeRequest {
        var validation = RequestValidation()
        let id = validation.id(request.exchangeID, "exchange_id")
        let subject = validation.id(request.returnID, "return_id")
        var lines: [ExchangeRequest.Line] = []
        var currency: Currency?
        var total: Int128 = 0
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                let path = "lines[\(index)]"
                validation.code(line.sku, "\(path).sku")
                validation.codeOrEmpty(line.location, "\(path).location")
                validation.quantity(line.quantity, "\(path).quantity")
                guard line.hasUnitPrice else {
                    validation.refuse("\(path).unit_price", "is required")
                    continue
                }
                guard let own = validation.currency(line.unitPrice.currencyCode, "\(path).unit_price.currency_code")
                else { continue }
                if let first = currency, first != own {
                    validation.refuse(
                        "\(path).unit_price.currency_code", "must be that of the first line, \(first.code)")
                }
                currency = currency ?? own
                guard let price = UnitPrice(units: line.unitPrice.units, nanos: line.unitPrice.nanos),
                    !price.isNegative
                else {
                    validation.refuse(
                        "\(path).unit_price", "must be 0 to \(UnitPrice.unitsBound), with nanos of its sign")
                    continue
                }
                guard (1...Quantity.bound).contains(line.quantity) else { continue }
                guard let amount = price.amount(quantity: line.quantity, currency: own) else {
                    validation.refuse(path, "quantity times unit_price is too large an amount")
                    continue
                }
                total += Int128(amount.minorUnits)
                lines.append(
                    .init(
                        sku: line.sku, location: line.location, quantity: line.quantity, unitPrice: price,
                        amountMinor: amount.minorUnits))
            }
            if Int64(exactly: total) == nil { validation.refuse("lines", "add up to too large an amount") }
        }
        let delivery =
            request.hasDelivery ? DeliveryFields.delivery(request.delivery, "delivery", &validation) : nil
        try validation.finish()
        guard let currency else { throw Refusal.invalid([FieldViolation("lines", "is required")]) }
        for line in lines { try caller.scope.admit(location: line.location) }
        return ExchangeRequest(
            id: id, returnOrder: subject, lines: lines, delivery: delivery, currency: currency, body: body,
            caller: caller)
    }

    // MARK: - Reading

    /// How a return is named.
    enum Name: Equatable {
        /// By its id.
        case id(EntityID)
        /// By its number for people.
        case number(Int64)
    }

    /// The return that is asked for.
    static func name(_ request: Holdfast_V1_GetReturnRequest) throws(Refusal) -> Name {
        var validation = RequestValidation()
        if request.number.isEmpty {
            let id = validation.id(request.returnID, "return_id")
            try validation.finish()
            return .id(id)
        }
        if !request.returnID.isEmpty { validation.refuse("return_id", "must be empty where number is given") }
        let digits = request.number.utf8.dropFirst()
        let number =
            request.number.hasPrefix("R") && !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) }
            ? Int64(request.number.dropFirst()) : nil
        if number == nil { validation.refuse("number", "must be R and digits") }
        try validation.finish()
        return .number(number ?? 0)
    }
}

extension RequestValidation {
    /// A value of an enumeration whose numbers are the contract's; nil where it was refused.
    mutating func word<Word: LifecycleWord>(
        _ value: some SwiftProtobuf.Enum, as type: Word.Type, _ field: @autoclosure () -> String
    ) -> Word? {
        if let word = Int16(exactly: value.rawValue).flatMap({ Word(rawValue: $0) }) { return word }
        refuse(
            field(),
            value.rawValue == 0
                ? "is required: \(Word.allCases.map(\.word).joined(separator: ", "))" : "\(value.rawValue) is not known"
        )
        return nil
    }
}
