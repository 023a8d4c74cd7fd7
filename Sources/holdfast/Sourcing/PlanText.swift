import Domain
import Sourcing

/// A plan for people.
struct PlanText {
    /// The lines of it.
    let lines: [String]

    /// Writes a plan.
    init(_ plan: SourcingPlan) {
        let currency = plan.problem.config.currency
        func money(_ amount: Int64) -> String { SourcingFile.shown(amount, currency) }
        var lines = Table(facts: Self.facts(plan, money)).lines
        if !plan.shipments.isEmpty {
            var table = Table([
                .text("FROM"), .text("SERVICE"), .text("ZONE"), .text("LINES"), .number("GRAMS"), .text("LEAVES"),
                .text("ARRIVES"), .number("SHIPPING"), .number("HANDLING"),
            ])
            for shipment in plan.shipments {
                table.add(
                    shipment.location, shipment.service.isEmpty ? "(pickup)" : shipment.service, shipment.zone,
                    shipment.parts.map { "\($0.line)×\($0.units)" }.joined(separator: " "), "\(shipment.billableGrams)",
                    "\(shipment.dispatch)", "\(shipment.arrival)", money(shipment.shipping), money(shipment.handling))
            }
            lines += [""] + table.lines
        }
        for part in plan.unsourced { lines.append("not sourced: \(part.units) of line \(part.line)") }
        for shortage in plan.shortages {
            lines.append("short: \(shortage.sku): \(shortage.wanted) wanted, \(shortage.available) available")
        }
        var table = Table([
            .text("LOCATION"), .text("DECISION"), .number("LINES"), .number("METRES"), .text("LEAVES"),
            .text("ARRIVES"),
        ])
        for decision in plan.decisions {
            table.add(
                decision.location, decision.reason.rawValue, "\(decision.lines)", decision.metres.map { "\($0)" } ?? "",
                decision.dispatch.map { "\($0)" } ?? "", decision.arrival.map { "\($0)" } ?? "")
        }
        self.lines = lines + [""] + table.lines
    }

    private static func facts(_ plan: SourcingPlan, _ money: (Int64) -> String) -> [(String, String)] {
        var facts = [("order", plan.problem.order.id), ("status", plan.status.rawValue)]
        if let cause = plan.cause { facts.append(("cause", cause.rawValue)) }
        for dropped in plan.dropped {
            facts.append(
                ("dropped", dropped.constraint.rawValue + (dropped.isProven ? "" : " (not proven to be in the way)")))
        }
        if plan.hasPlan {
            facts.append(("cost", money(plan.cost.total)))
            for (name, amount) in [
                ("shipping", plan.cost.shipping), ("handling", plan.cost.handling), ("splits", plan.cost.splits),
                ("capacity pressure", plan.cost.capacityPressure),
                ("stock-out pressure", plan.cost.stockOutPressure), ("unsourced", plan.cost.unsourced),
            ] where amount > 0 {
                facts.append(("  \(name)", money(amount)))
            }
            facts.append(("bound", money(plan.bound) + (plan.gap == 0 ? "" : ", a gap of \(money(plan.gap))")))
        }
        facts.append(("config", String(plan.configVersion.prefix(12))))
        facts.append(("steps", "\(plan.steps)"))
        return facts
    }
}
