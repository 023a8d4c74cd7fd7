import Domain
import HoldfastAPI
import Sourcing
import SwiftProtobuf

extension Holdfast_V1_SourcingPlan {
    init(_ plan: SourcingPlan, id: EntityID, order: EntityID?) {
        self.init()
        let currency = plan.problem.config.currency
        func money(_ amount: Int64) -> Holdfast_V1_Money { Holdfast_V1_Money(amount, currency) }
        let lines = plan.problem.order.lines
        func part(_ part: SourcingPlan.Part) -> Part {
            .with {
                $0.lineNumber = Int32(part.line) ?? 0
                $0.sku = lines.first { $0.id == part.line }?.sku ?? ""
                $0.units = part.units
            }
        }
        planID = id.description
        orderID = order?.description ?? ""
        status = plan.status.rawValue
        cause = plan.cause?.rawValue ?? ""
        configVersion = plan.configVersion
        shipments = plan.shipments.map { shipment in
            .with {
                $0.location = shipment.location
                $0.service = shipment.service
                $0.zone = shipment.zone
                $0.parts = shipment.parts.map(part)
                $0.grams = shipment.grams
                $0.billableGrams = shipment.billableGrams
                $0.dispatch = shipment.dispatch.description
                $0.arrival = shipment.arrival.description
                $0.shipping = money(shipment.shipping)
                $0.handling = money(shipment.handling)
            }
        }
        unsourced = plan.unsourced.map(part)
        shortages = plan.shortages.map { shortage in
            .with {
                $0.sku = shortage.sku
                $0.wanted = shortage.wanted
                $0.available = shortage.available
            }
        }
        dropped = plan.dropped.map(\.constraint.rawValue)
        cost = .with {
            $0.total = money(plan.cost.total)
            $0.shipping = money(plan.cost.shipping)
            $0.handling = money(plan.cost.handling)
            $0.splits = money(plan.cost.splits)
            $0.capacityPressure = money(plan.cost.capacityPressure)
            $0.stockOutPressure = money(plan.cost.stockOutPressure)
            $0.unsourced = money(plan.cost.unsourced)
        }
        bound = money(plan.bound)
        steps = plan.steps
        decisions = plan.decisions.map { decision in
            .with {
                $0.location = decision.location
                $0.reason = decision.reason.rawValue
                $0.lines = Int32(clamping: decision.lines)
                if let metres = decision.metres { $0.metres = metres }
                $0.dispatch = decision.dispatch?.description ?? ""
                $0.arrival = decision.arrival?.description ?? ""
            }
        }
        if let stamp = Google_Protobuf_Timestamp(plan.problem.order.at) { plannedAt = stamp }
    }
}

extension Holdfast_V1_SourcingLocation {
    init(_ location: SourcingLocation) {
        self.init()
        code = location.code
        country = location.country
        postcode = location.postcode
        if let point = location.point {
            self.point = .with {
                $0.latitudeE6 = point.latitude
                $0.longitudeE6 = point.longitude
            }
        }
        inactive = !location.isActive
        methods = location.methods.map(\.rawValue).sorted()
        capabilities = location.capabilities.sorted()
        services = location.services.sorted()
        hours = location.hours.map { hours in
            .with {
                $0.days = Weekday.allCases.filter(hours.days.contains).map(\.rawValue)
                $0.cutOff = hours.cutOff.description
            }
        }
        closed = location.closed.sorted().map(\.description)
        leadDays = Int32(clamping: location.leadDays)
        let limits = location.capacity
        if limits.units != nil || limits.lines != nil || limits.orders != nil {
            capacity = .with {
                if let units = limits.units { $0.units = units }
                if let lines = limits.lines { $0.lines = lines }
                if let orders = limits.orders { $0.orders = orders }
            }
        }
        handlingPerShipment = location.handlingPerShipment
        handlingPerUnit = location.handlingPerUnit
    }
}
