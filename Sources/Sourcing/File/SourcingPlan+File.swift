internal import Domain

extension SourcingPlan {
    /// The plan as files have it; `inputs` is the problem, which can be planned again.
    public var file: FileValue {
        var fields: [String: FileValue] = [
            "status": .string(status.rawValue), "configVersion": .string(configVersion),
            "currency": .string(problem.config.currency.code), "bound": .integer(bound), "gap": .integer(gap),
            "steps": .integer(steps), "cost": cost.file, "shipments": .array(shipments.map(\.file)),
            "unsourced": .array(unsourced.map(\.file)), "decisions": .array(decisions.map(\.file)),
            "dropped": .array(
                dropped.map {
                    .object(["constraint": .string($0.constraint.rawValue), "isProven": .bool($0.isProven)])
                }),
            "shortages": .array(
                shortages.map {
                    .object([
                        "line": .integer($0.line), "sku": .string($0.sku), "wanted": .integer($0.wanted),
                        "available": .integer($0.available),
                    ])
                }), "inputs": problem.file,
        ]
        if let cause { fields["cause"] = .string(cause.rawValue) }
        return .object(fields)
    }
}

extension SourcingPlan.Cost {
    /// The cost as files have it.
    var file: FileValue {
        .object([
            "total": .integer(total), "shipping": .integer(shipping), "handling": .integer(handling),
            "splits": .integer(splits), "capacityPressure": .integer(capacityPressure),
            "stockOutPressure": .integer(stockOutPressure), "unsourced": .integer(unsourced),
        ])
    }
}

extension SourcingPlan.Part {
    fileprivate var file: FileValue { .object(["line": .string(line), "units": .integer(units)]) }
}

extension SourcingPlan.Shipment {
    fileprivate var file: FileValue {
        .object([
            "location": .string(location), "service": .string(service), "zone": .string(zone),
            "parts": .array(parts.map(\.file)), "grams": .integer(grams), "billableGrams": .integer(billableGrams),
            "dispatch": .string(dispatch.description), "arrival": .string(arrival.description),
            "shipping": .integer(shipping), "handling": .integer(handling),
        ])
    }
}

extension LocationDecision {
    fileprivate var file: FileValue {
        var fields: [String: FileValue] = [
            "location": .string(location), "reason": .string(reason.rawValue), "lines": .integer(lines),
        ]
        if let metres { fields["metres"] = .integer(metres) }
        if let dispatch { fields["dispatch"] = .string(dispatch.description) }
        if let arrival { fields["arrival"] = .string(arrival.description) }
        return .object(fields)
    }
}
