import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_ReturnTerms {
    init(_ terms: ReturnTerms, fee currency: Currency?) {
        self.init()
        windowDays = terms.windowDays
        arrivalDays = terms.arrivalDays
        conditions = terms.conditions.sorted { $0.rawValue < $1.rawValue }.map { Holdfast_V1_ReturnCondition($0) }
        if let currency { fee = Holdfast_V1_Money(terms.feeMinor, currency) }
        feeBasisPoints = terms.feeBasisPoints
        shares = terms.shares.sorted { $0.key.rawValue < $1.key.rawValue }.map { disposition, share in
            .with {
                $0.disposition = Holdfast_V1_Disposition(disposition)
                $0.basisPoints = share
            }
        }
        labelPayer = Holdfast_V1_LabelPayer(terms.labelPayer)
        refundAhead = terms.refundAhead
        refundWay = Holdfast_V1_RefundWay(terms.refundWay)
        needsApproval = terms.needsApproval
    }
}

// The numbers are the same.

extension Holdfast_V1_ReturnCondition {
    init(_ condition: ReturnCondition) { self = Self(rawValue: Int(condition.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_ReturnReason {
    init(_ reason: ReturnReason) { self = Self(rawValue: Int(reason.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_ReturnMethod {
    init(_ method: ReturnMethod) { self = Self(rawValue: Int(method.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_Disposition {
    init(_ disposition: Disposition) { self = Self(rawValue: Int(disposition.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_RefundWay {
    init(_ way: RefundWay) { self = Self(rawValue: Int(way.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_ReturnState {
    init(_ state: ReturnState) { self = Self(rawValue: Int(state.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_ReturnSettlement {
    init(_ settlement: ReturnSettlement) { self = Self(rawValue: Int(settlement.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_LabelPayer {
    init(_ payer: LabelPayer) { self = Self(rawValue: Int(payer.rawValue)) ?? .unspecified }
}

extension Holdfast_V1_ReturnRule {
    init(_ rule: ReturnRule) {
        self.init()
        name = rule.name
        channels = rule.channels.sorted()
        articles = rule.articles
        reasons = rule.reasons.sorted { $0.rawValue < $1.rawValue }.map { Holdfast_V1_ReturnReason($0) }
        methods = rule.methods.sorted { $0.rawValue < $1.rawValue }.map { Holdfast_V1_ReturnMethod($0) }
        withoutOrder = rule.withoutOrder
        if let terms = rule.terms { self.terms = Holdfast_V1_ReturnTerms(terms, fee: rule.feeCurrency) }
    }
}

extension Holdfast_V1_GetReturnRulesResponse {
    init(_ rules: ReturnRules, createdAt moment: Instant) {
        self.init()
        version = rules.version
        timeZone = rules.timeZone
        secondGradeSuffix = rules.secondGradeSuffix
        self.rules = rules.rules.map { Holdfast_V1_ReturnRule($0) }
        if let stamp = Google_Protobuf_Timestamp(moment) { createdAt = stamp }
    }
}

extension Holdfast_V1_Return {
    init(_ order: ReturnOrder) {
        self.init()
        returnID = order.id.description
        number = "R\(order.number)"
        orderID = order.order?.description ?? ""
        channel = order.channel
        state = Holdfast_V1_ReturnState(order.state)
        method = Holdfast_V1_ReturnMethod(order.method)
        rulesVersion = order.rulesVersion
        fee = Holdfast_V1_Money(order.fee, order.currency)
        refund = Holdfast_V1_Money(order.refund, order.currency)
        refundWay = Holdfast_V1_RefundWay(order.refundWay)
        if let settled = order.settlement {
            settlement = Holdfast_V1_ReturnSettlement(settled)
            settledAmount = Holdfast_V1_Money(order.settled, order.currency)
        }
        if order.ahead > 0 { refundedAhead = Holdfast_V1_Money(order.ahead, order.currency) }
        if order.customerOwes > 0 { customerOwes = Holdfast_V1_Money(order.customerOwes, order.currency) }
        if let made = order.label { label = Holdfast_V1_ReturnLabel(made) }
        settlementReference = order.settlementReference
        if let stamp = Google_Protobuf_Timestamp(order.createdAt) { createdAt = stamp }
        if let moment = order.expiresAt, let stamp = Google_Protobuf_Timestamp(moment) { expiresAt = stamp }
        location = order.location
        note = order.note
        claim = order.isClaim
        if let made = order.exchange, made.isPlaced {
            exchange.orderID = made.order.description
            exchange.total = Holdfast_V1_Money(made.totalMinor, order.currency)
            exchange.toPay = Holdfast_V1_Money(made.toPay, order.currency)
            exchange.toRefund = Holdfast_V1_Money(order.state == .settled ? 0 : order.remaining, order.currency)
            exchange.credited = Holdfast_V1_Money(made.credited, order.currency)
        }
        lines = order.lines.map { Holdfast_V1_ReturnLine($0, order.currency) }
        inspections = order.inspections.map { Holdfast_V1_ReturnInspection($0, order.currency) }
        variances = order.variances.map { variance in
            .with {
                $0.kind = Holdfast_V1_ReturnVarianceKind(rawValue: Int(variance.kind.rawValue)) ?? .unspecified
                $0.sku = variance.sku
                $0.quantity = variance.quantity
                $0.location = variance.location
            }
        }
        events = order.events.map { event in
            .with {
                $0.sequence = event.sequence
                $0.type = event.event.word
                $0.state = Holdfast_V1_ReturnState(event.state)
                if let stamp = Google_Protobuf_Timestamp(event.at) { $0.at = stamp }
                $0.causeID = event.cause.description
            }
        }
    }
}

extension Holdfast_V1_ReturnLabel {
    init(_ label: ReturnLabel) {
        self.init()
        carrier = label.carrier
        service = label.service
        trackingNumber = label.tracking
        location = label.location
        cost = Holdfast_V1_Money(label.cost.minorUnits, label.cost.currency)
        payer = Holdfast_V1_LabelPayer(label.payer)
    }
}

extension Holdfast_V1_ReturnLine {
    init(_ line: ReturnOrder.Line, _ currency: Currency) {
        self.init()
        lineNumber = line.number
        orderLineNumber = line.orderLine ?? 0
        sku = line.sku
        quantity = line.quantity
        received = line.received
        reason = Holdfast_V1_ReturnReason(line.reason)
        condition = Holdfast_V1_ReturnCondition(line.condition)
        rule = line.rule
        terms = Holdfast_V1_ReturnTerms(line.terms, fee: line.terms.feeMinor == 0 ? nil : currency)
        value = Holdfast_V1_Money(line.value, currency)
        refund = Holdfast_V1_Money(line.refund, currency)
    }
}

extension Holdfast_V1_ReturnInspection {
    init(_ inspection: ReturnOrder.Inspection, _ currency: Currency) {
        self.init()
        lineNumber = inspection.line
        quantity = inspection.quantity
        condition = Holdfast_V1_ReturnCondition(inspection.condition)
        disposition = Holdfast_V1_Disposition(inspection.disposition)
        value = Holdfast_V1_Money(inspection.value, currency)
        refund = Holdfast_V1_Money(inspection.refund, currency)
        note = inspection.note
    }
}
