import Domain
import HoldfastAPI

/// Requests that change stock, translated and validated.
enum InventoryRequests {
    /// Most bytes of a reference or reason.
    static let referenceBound = 128

    /// Goods received.
    static func receive(
        _ request: Holdfast_V1_ReceiveStockRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> StockChange {
        var validation = RequestValidation()
        let id = validation.id(request.movementID, "movement_id")
        validation.text(request.reference, to: referenceBound, "reference")
        var lines: [StockChange.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.code(line.location, "lines[\(index)].location")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                lines.append(.init(sku: line.sku, location: line.location, quantity: line.quantity))
            }
        }
        try validation.finish()
        return try admitted(
            StockChange(id: id, action: .receive, lines: lines, reason: request.reference, body: body, caller: caller))
    }

    /// Correction by a difference.
    static func adjust(
        _ request: Holdfast_V1_AdjustStockRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> StockChange {
        var validation = RequestValidation()
        let id = validation.id(request.movementID, "movement_id")
        validation.text(request.reason, from: 1, to: referenceBound, "reason")
        var lines: [StockChange.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.code(line.location, "lines[\(index)].location")
                validation.number(line.delta, in: -Quantity.bound...Quantity.bound, "lines[\(index)].delta")
                if line.delta == 0 { validation.refuse("lines[\(index)].delta", "must not be 0") }
                lines.append(.init(sku: line.sku, location: line.location, quantity: line.delta))
            }
        }
        try validation.finish()
        return try admitted(
            StockChange(id: id, action: .adjust, lines: lines, reason: request.reason, body: body, caller: caller))
    }

    /// A count.
    static func count(
        _ request: Holdfast_V1_CountStockRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> StockChange {
        var validation = RequestValidation()
        let id = validation.id(request.movementID, "movement_id")
        validation.text(request.reference, to: referenceBound, "reference")
        var lines: [StockChange.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.code(line.location, "lines[\(index)].location")
                validation.number(line.counted, in: 0...Quantity.bound, "lines[\(index)].counted")
                lines.append(.init(sku: line.sku, location: line.location, quantity: line.counted))
            }
            validation.uniqueCells(lines)
        }
        try validation.finish()
        return try admitted(
            StockChange(id: id, action: .count, lines: lines, reason: request.reference, body: body, caller: caller))
    }

    /// Safety stock.
    static func policy(
        _ request: Holdfast_V1_SetStockPolicyRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> StockChange {
        var validation = RequestValidation()
        let id = validation.id(request.movementID, "movement_id")
        var lines: [StockChange.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.code(line.location, "lines[\(index)].location")
                validation.number(line.safetyStock, in: 0...Quantity.bound, "lines[\(index)].safety_stock")
                lines.append(.init(sku: line.sku, location: line.location, quantity: line.safetyStock))
            }
            validation.uniqueCells(lines)
        }
        try validation.finish()
        return try admitted(
            StockChange(id: id, action: .setSafety, lines: lines, reason: "", body: body, caller: caller))
    }

    /// Goods moved between two locations.
    static func transfer(
        _ request: Holdfast_V1_TransferStockRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> StockChange {
        var validation = RequestValidation()
        let id = validation.id(request.movementID, "movement_id")
        validation.code(request.fromLocation, "from_location")
        validation.code(request.toLocation, "to_location")
        if !request.toLocation.isEmpty && request.toLocation == request.fromLocation {
            validation.refuse("to_location", "must be another one than from_location")
        }
        validation.text(request.reference, to: referenceBound, "reference")
        var lines: [StockChange.Line] = []
        if validation.count(request.lines.count, "lines") {
            for (index, line) in request.lines.enumerated() {
                validation.code(line.sku, "lines[\(index)].sku")
                validation.quantity(line.quantity, "lines[\(index)].quantity")
                lines.append(.init(sku: line.sku, location: request.fromLocation, quantity: line.quantity))
            }
        }
        try validation.finish()
        try caller.scope.admit(location: request.toLocation)
        return try admitted(
            StockChange(
                id: id, action: .transfer(to: request.toLocation), lines: lines, reason: request.reference, body: body,
                caller: caller))
    }

    /// Refuses a change at a location outside the caller's scope.
    private static func admitted(_ change: StockChange) throws(Refusal) -> StockChange {
        for line in change.lines { try change.caller.scope.admit(location: line.location) }
        return change
    }
}

extension RequestValidation {
    /// Refuses lines that speak of a sku and location for the second time.
    fileprivate mutating func uniqueCells(_ lines: [StockChange.Line]) {
        struct Cell: Hashable {
            var sku: String
            var location: String
        }
        unique(lines.lazy.map { Cell(sku: $0.sku, location: $0.location) }, "this sku and location") { "lines[\($0)]" }
    }
}
