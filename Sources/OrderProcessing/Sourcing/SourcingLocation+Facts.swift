import Domain
import Ledger
import Sourcing

extension SourcingLocation {
    /// A location as the ledger knows it: what the catalogue says of it counts, whatever its document says.
    init(_ facts: SourcingLocationFacts) throws {
        try self.init(try FileText.read(facts.document), path: "locations")
        code = facts.location.code
        kind = facts.location.kind
        rank = facts.location.rank
        timeZone = facts.location.timeZone
        for (day, used) in facts.booked {
            booked[CivilDate(days: day)] = Capacity(units: used.units, lines: used.lines, orders: used.orders)
        }
    }
}
