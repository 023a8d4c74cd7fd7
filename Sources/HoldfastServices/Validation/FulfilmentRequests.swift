import Domain
import HoldfastAPI
import Ledger
import OrderProcessing
import SwiftProtobuf

/// Requests about fulfilments, translated and validated.
enum FulfilmentRequests {
    /// Most scans of a pick.
    static let scanBound = 10_000
    /// Most bytes of a number that a carrier or a supplier gives.
    static let numberBound = 128
    /// How long a pickup is kept in seconds: at least an hour, at most 90 days.
    static let keepBounds: ClosedRange<Int64> = 3_600...7_776_000
    /// How long it is kept where nobody says, in seconds.
    static let keepStandard: Int64 = 604_800

    /// What is to be released.
    static func release(
        _ request: Holdfast_V1_ReleaseOrderRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> ReleaseRequest {
        var validation = RequestValidation()
        let id = validation.id(request.releaseID, "release_id")
        let order = validation.id(request.orderID, "order_id")
        var lines: [(number: Int32, quantity: Int64)] = []
        if !request.lines.isEmpty, validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.number(line.lineNumber, in: 1...Int32(CallBounds.lines), "lines[\(index)].line_number")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                lines.append((line.lineNumber, line.quantity))
            }
            validation.unique(lines.lazy.map(\.number), "this line_number") { "lines[\($0)].line_number" }
        }
        try validation.finish()
        return ReleaseRequest(id: id, order: order, lines: lines, body: body, caller: caller)
    }

    /// What every step has in common; the rest of the request is validated by `more`.
    static func call<Value>(
        _ request: some FulfilmentRequest, body: [UInt8], by caller: Caller, reason: String = "",
        _ more: (inout RequestValidation) -> Value
    ) throws(Refusal) -> (call: FulfilmentCall, value: Value) {
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        let fulfilment = validation.id(request.fulfilmentID, "fulfilment_id")
        let value = more(&validation)
        try validation.finish()
        return (
            FulfilmentCall(id: id, fulfilment: fulfilment, reason: reason, body: body, caller: caller), value
        )
    }

    /// The fulfilment that is asked for.
    static func id(_ text: String) throws(Refusal) -> EntityID {
        var validation = RequestValidation()
        let id = validation.id(text, "fulfilment_id")
        try validation.finish()
        return id
    }

    /// A rule; nil where none is given.
    static func rule(_ rule: Holdfast_V1_ShortRule, _ validation: inout RequestValidation) -> ShortRule? {
        if rule == .unspecified { return nil }
        guard let known = Int16(exactly: rule.rawValue).flatMap({ ShortRule(rawValue: $0) }) else {
            validation.refuse("short_rule", "\(rule.rawValue) is no rule")
            return nil
        }
        return known
    }

    /// What was scanned.
    static func scans(
        _ scans: [Holdfast_V1_ConfirmPickRequest.Scan], _ validation: inout RequestValidation
    ) -> [PickTally.Scan] {
        guard scans.count <= scanBound else {
            validation.refuse("scans", "must have at most \(scanBound) entries, has \(scans.count)")
            return []
        }
        return scans.enumerated().map { index, scan in
            validation.text(scan.code, from: 1, to: RequestValidation.codeBound, "scans[\(index)].code")
            validation.quantity(scan.quantity, "scans[\(index)].quantity")
            return PickTally.Scan(code: scan.code, quantity: scan.quantity)
        }
    }

    /// The packages in the order of their numbers.
    static func packages(
        _ packages: [Holdfast_V1_Package], _ validation: inout RequestValidation
    ) -> [FulfilmentPackage] {
        guard (1...FulfilmentPackage.bound).contains(packages.count) else {
            validation.refuse(
                "packages", "must have 1 to \(FulfilmentPackage.bound) entries, has \(packages.count)")
            return []
        }
        return packages.enumerated().map { index, package in
            let path = "packages[\(index)]"
            if package.number != 0 && package.number != Int32(index + 1) {
                validation.refuse("\(path).number", "must be \(index + 1), or left out")
            }
            if !package.trackingNumber.isEmpty {
                validation.refuse("\(path).tracking_number", "is given when it ships")
            }
            if package.hasLabel_p { validation.refuse("\(path).has_label", "is given when it ships") }
            let bounds = 0...Int64(1_000_000)
            validation.number(package.weightGrams, in: bounds, "\(path).weight_grams")
            validation.number(package.lengthMm, in: bounds, "\(path).length_mm")
            validation.number(package.widthMm, in: bounds, "\(path).width_mm")
            validation.number(package.heightMm, in: bounds, "\(path).height_mm")
            if package.contents.count > CallBounds.lines {
                validation.refuse(
                    "\(path).contents", "must have at most \(CallBounds.lines) entries, has \(package.contents.count)")
            } else if package.contents.isEmpty && packages.count > 1 {
                validation.refuse("\(path).contents", "is required where there are several packages")
            }
            for (place, content) in package.contents.prefix(CallBounds.lines).enumerated() {
                validation.number(
                    content.lineNumber, in: 1...Int32(CallBounds.lines), "\(path).contents[\(place)].line_number")
                validation.quantity(content.quantity, "\(path).contents[\(place)].quantity")
            }
            validation.unique(package.contents.lazy.map(\.lineNumber), "this line_number") {
                "\(path).contents[\($0)].line_number"
            }
            return FulfilmentPackage(
                number: Int32(index + 1), grams: package.weightGrams, length: package.lengthMm,
                width: package.widthMm, height: package.heightMm,
                contents: package.contents.map { .init(line: $0.lineNumber, quantity: $0.quantity) })
        }
    }

    /// Numbers of parcels.
    static func trackingNumbers(_ numbers: [String], _ validation: inout RequestValidation) -> [String] {
        if numbers.count > FulfilmentPackage.bound {
            validation.refuse(
                "tracking_numbers", "must have at most \(FulfilmentPackage.bound) entries, has \(numbers.count)")
        }
        for (index, number) in numbers.prefix(FulfilmentPackage.bound).enumerated() {
            validation.text(number, from: 1, to: numberBound, "tracking_numbers[\(index)]")
        }
        return numbers
    }

    /// How long a pickup is kept, in seconds.
    static func keep(
        _ duration: Google_Protobuf_Duration?, _ validation: inout RequestValidation
    ) -> Int64 {
        guard let duration else { return keepStandard }
        if !keepBounds.contains(duration.seconds) || duration.nanos != 0 {
            validation.refuse("keep", "must be 1 hour to 90 days, in whole seconds")
        }
        return duration.seconds
    }

    /// What a supplier is owed; nil where not given.
    static func cost(_ money: Holdfast_V1_Money?, _ validation: inout RequestValidation) -> Money? {
        guard let money else { return nil }
        validation.number(money.amountMinor, in: 0...Int64.max, "cost.amount_minor")
        return validation.currency(money.currencyCode, "cost.currency_code").map { Money(money.amountMinor, $0) }
    }

    /// Goods that are back.
    static func undelivered(
        _ request: Holdfast_V1_ReceiveUndeliveredRequest, _ validation: inout RequestValidation
    ) -> UndeliveredGoods {
        if !request.location.isEmpty { validation.code(request.location, "location") }
        func received(_ disposition: Holdfast_V1_Disposition, _ field: String) -> Disposition {
            let word = validation.word(disposition, as: Disposition.self, field)
            if word == .keep { validation.refuse(field, "must not be keep: the goods are here") }
            return word ?? .restock
        }
        let standard =
            request.disposition == .unspecified ? Disposition.restock : received(request.disposition, "disposition")
        var parts: [UndeliveredGoods.Part] = []
        if request.lines.count > CallBounds.lines {
            validation.refuse("lines", "must have at most \(CallBounds.lines) entries, has \(request.lines.count)")
        } else {
            for (index, line) in request.lines.enumerated() {
                validation.number(line.lineNumber, in: 1...Int32(CallBounds.lines), "lines[\(index)].line_number")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                parts.append(
                    .init(
                        line: line.lineNumber, quantity: line.quantity,
                        disposition: received(line.disposition, "lines[\(index)].disposition")))
            }
        }
        return UndeliveredGoods(location: request.location, disposition: standard, parts: parts)
    }

    /// What a wave is to have.
    static func wave(
        _ request: Holdfast_V1_CreateWaveRequest, by caller: Caller
    ) throws(Refusal) -> (id: EntityID, named: [EntityID], size: Int) {
        var validation = RequestValidation()
        let id = validation.id(request.waveID, "wave_id")
        validation.code(request.location, "location")
        var named: [EntityID] = []
        if request.fulfilmentIds.count > 1_000 {
            validation.refuse(
                "fulfilment_ids", "must have at most 1000 entries, has \(request.fulfilmentIds.count)")
        } else {
            for (index, text) in request.fulfilmentIds.enumerated() {
                named.append(validation.id(text, "fulfilment_ids[\(index)]"))
            }
            validation.unique(named, "this fulfilment") { "fulfilment_ids[\($0)]" }
        }
        if request.size != 0 { validation.number(request.size, in: 1...1_000, "size") }
        try validation.finish()
        try caller.scope.admit(location: request.location)
        return (id, named, request.size == 0 ? 20 : Int(request.size))
    }

    /// The location and wave of a pick list.
    static func pickList(
        _ request: Holdfast_V1_GetPickListRequest, by caller: Caller
    ) throws(Refusal) -> (location: String, wave: EntityID?) {
        var validation = RequestValidation()
        validation.code(request.location, "location")
        let wave = validation.idOrNil(request.waveID, "wave_id")
        try validation.finish()
        try caller.scope.admit(location: request.location)
        return (request.location, wave)
    }

    /// How a customer names an order.
    static func track(_ request: Holdfast_V1_TrackRequest) throws(Refusal) -> Ledger.TrackedName {
        var validation = RequestValidation()
        if !request.token.isEmpty {
            let token = validation.id(request.token, "token")
            for (field, text) in [
                ("channel", request.channel), ("external_id", request.externalID), ("email", request.email),
            ] where !text.isEmpty {
                validation.refuse(field, "must be empty where a token is given")
            }
            try validation.finish()
            return .token(token)
        }
        validation.code(request.channel, "channel")
        validation.text(request.externalID, from: 1, to: OrderRequests.externalIDBound, "external_id")
        validation.text(request.email, from: 1, to: 254, "email")
        try validation.finish()
        return .number(channel: request.channel, externalID: request.externalID, email: request.email)
    }
}
