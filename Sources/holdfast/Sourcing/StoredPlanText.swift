import HoldfastAPI
import SwiftProtobuf

/// A plan that a server has stored, for people.
enum StoredPlanText {
    /// Prints a reply: as tables of its plan, or as JSON.
    static func show(_ reply: some Message, _ plan: Holdfast_V1_SourcingPlan, _ format: OutputFormat) throws {
        if format == .table {
            for line in facts(plan).lines + [""] + shipments(plan).lines + [""] { Terminal.line(line) }
        }
        try format.show(reply) { _ in decisions(plan) }
    }

    /// Why a plan has no shipments: what is in the way, and the reason of each location, alike ones together.
    static func whyNothing(_ plan: Holdfast_V1_SourcingPlan) -> String {
        var places: [(reason: String, locations: [String])] = []
        for decision in plan.decisions {
            if let index = places.firstIndex(where: { $0.reason == decision.reason }) {
                places[index].locations.append(decision.location)
            } else {
                places.append((decision.reason, [decision.location]))
            }
        }
        let reasons = places.map { place in
            let more = place.locations.count - 5
            return "\(place.reason) at \(place.locations.prefix(5).joined(separator: ", "))"
                + (more > 0 ? " and \(more) more" : "")
        }
        let why = reasons.isEmpty ? "sourcing knows no location" : reasons.joined(separator: "; ")
        guard !plan.cause.isEmpty else { return "no location serves any of it: \(why)" }
        return "the order has no plan, \(plan.status) for \(plan.cause): \(why)"
    }

    private static func facts(_ plan: Holdfast_V1_SourcingPlan) -> Table {
        var facts = [("plan", plan.planID)]
        if !plan.orderID.isEmpty { facts.append(("order", plan.orderID)) }
        facts.append(("status", plan.cause.isEmpty ? plan.status : "\(plan.status): \(plan.cause)"))
        for constraint in plan.dropped { facts.append(("dropped", constraint)) }
        if !plan.shipments.isEmpty {
            facts.append(("cost", plan.cost.total.shown))
            let parts = [
                ("  shipping", plan.cost.shipping), ("  handling", plan.cost.handling), ("  splits", plan.cost.splits),
                ("  capacity pressure", plan.cost.capacityPressure),
                ("  stock-out pressure", plan.cost.stockOutPressure), ("  unsourced", plan.cost.unsourced),
            ]
            for (name, amount) in parts where amount.amountMinor > 0 { facts.append((name, amount.shown)) }
            facts.append(("bound", plan.bound.shown))
        }
        facts.append(("config", String(plan.configVersion.prefix(12))))
        facts.append(("planned", plan.plannedAt.shown))
        return Table(facts: facts)
    }

    private static func shipments(_ plan: Holdfast_V1_SourcingPlan) -> Table {
        var table = Table([
            .text("FROM"), .text("SERVICE"), .text("ZONE"), .text("LINES"), .number("GRAMS"), .text("LEAVES"),
            .text("ARRIVES"), .number("SHIPPING"), .number("HANDLING"),
        ])
        for shipment in plan.shipments {
            table.add(
                shipment.location, shipment.service.isEmpty ? "(pickup)" : shipment.service, shipment.zone,
                shipment.parts.map { "\($0.lineNumber)×\($0.units)" }.joined(separator: " "),
                "\(shipment.billableGrams)", shipment.dispatch, shipment.arrival, shipment.shipping.shown,
                shipment.handling.shown)
        }
        for part in plan.unsourced { table.note("not sourced: \(part.units) of line \(part.lineNumber) \(part.sku)") }
        for shortage in plan.shortages {
            table.note("short: \(shortage.sku): \(shortage.wanted) wanted, \(shortage.available) available")
        }
        return table
    }

    private static func decisions(_ plan: Holdfast_V1_SourcingPlan) -> Table {
        var table = Table([
            .text("LOCATION"), .text("DECISION"), .number("LINES"), .number("METRES"), .text("LEAVES"),
            .text("ARRIVES"),
        ])
        for decision in plan.decisions {
            table.add(
                decision.location, decision.reason, "\(decision.lines)",
                decision.hasMetres ? "\(decision.metres)" : "", decision.dispatch, decision.arrival)
        }
        return table
    }
}
