import Domain
import Sourcing
import Testing

/// A small problem with round figures that each test changes in one place.
///
/// Two warehouses in the United Kingdom have ten of everything. A is ranked before B. A shipment of up to 1 kg costs
/// 300, up to 5 kg 500; handling costs 50 a shipment and 10 a unit; each further shipment 100.
struct Example {
    static let monday = "2026-11-23"

    var problem: SourcingProblem

    init(lines: [SourcingOrder.Line] = [.init(id: "1", sku: "MUG", quantity: 2, grams: 400)]) throws {
        let currency = try #require(Currency(code: "GBP"))
        var config = SourcingConfig(
            currency: currency,
            services: [
                CarrierService(
                    code: "STD",
                    zones: [
                        .init(
                            name: "home", countries: ["GB"], transitDays: 2,
                            bands: [.init(upToGrams: 1_000, price: 300), .init(upToGrams: 5_000, price: 500)])
                    ])
            ])
        config.splitPenalty = 100
        let order = SourcingOrder(
            id: "W-1", at: try Self.moment("2026-11-23T10:00:00Z"), destination: .init(country: "GB"), lines: lines)
        let locations = [("A", Int32(1)), ("B", 2)].map { code, rank in
            var location = SourcingLocation(code: code, rank: rank, country: "GB")
            location.handlingPerShipment = 50
            location.handlingPerUnit = 10
            return location
        }
        let stock = locations.flatMap { location in
            Set(lines.map(\.sku)).sorted().map { SourcingStock(sku: $0, location: location.code, available: 10) }
        }
        problem = SourcingProblem(order: order, locations: locations, stock: stock, config: config)
    }

    /// The moment of an RFC 3339 text, read as files are.
    static func moment(_ text: String) throws -> Instant {
        let file = try FileText.read(
            """
            {"order": {"id": "x", "at": "\(text)", "destination": {"country": "GB"}, "lines": []},
             "config": {"currency": "GBP"}}
            """)
        return try #require(try SourcingProblem.read(file).first).order.at
    }

    /// Sets what a location has of an article.
    mutating func setStock(_ sku: String, at location: String, _ available: Int64, keep: Int64 = 0) {
        problem.stock.removeAll { $0.sku == sku && $0.location == location }
        problem.stock.append(.init(sku: sku, location: location, available: available, keep: keep))
    }

    func plan() throws -> SourcingPlan {
        var problem = problem
        problem.addSystemZones()
        return try Sourcing.plan(problem)
    }
}

extension SourcingPlan {
    /// Why a location was chosen or not.
    func reason(_ location: String) -> ReasonCode? { decisions.first { $0.location == location }?.reason }

    /// Units by location and line.
    var units: [String: [String: Int64]] {
        Dictionary(
            shipments.map { ($0.location, Dictionary($0.parts.map { ($0.line, $0.units) }) { $0 + $1 }) }
        ) { first, _ in first }
    }
}
