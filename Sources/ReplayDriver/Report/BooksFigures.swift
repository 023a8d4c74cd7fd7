import HoldfastAPI
import Replay

/// What the service's books say after a replay, beside what the replay knows itself.
public struct BooksFigures: Hashable, Sendable {
    /// A cell where the two stores differ.
    public struct Difference: Hashable, Sendable {
        /// The article.
        public let sku: String
        /// The location.
        public let location: String
        /// Units available in PostgreSQL.
        public let ledger: Int64
        /// Units that Redis would admit; nil where it has not heard of the cell.
        public let admission: Int64?
    }

    /// True where the service says that everything adds up and nothing is oversold.
    public let agree: Bool
    /// Cells looked at.
    public let cells: Int64
    /// Orders looked at.
    public let orders: Int64
    /// Reservations that hold stock.
    public let liveReservations: Int64
    /// Cells whose figures are not the sum of their movements.
    public let foldMismatches: Int64
    /// Cells whose allocated units are not the sum of the open units of order lines.
    public let allocationMismatches: Int64
    /// Lines whose units by status do not add up.
    public let lineMismatches: Int64
    /// Orders that gave back more than they took.
    public let moneyMismatches: Int64
    /// Days of locations whose capacity in use is not the sum of their bookings.
    public let capacityMismatches: Int64
    /// Orders whose events have a gap.
    public let eventGaps: Int64
    /// Units promised beyond what is there.
    public let oversold: Int64
    /// Units recorded as a shortage.
    public let openShortage: Int64
    /// Cells where Redis differs from PostgreSQL.
    public let differingCells: Int64
    /// The first of them, at most 100.
    public let differences: [Difference]
    /// Units of goods that the replay had accepted and not cancelled.
    public let replayedOpenUnits: Int64
    /// Units that the service's open orders have taken from the replay's warehouse.
    public let allocatedUnits: Int64

    /// True where the service has taken as many units as the replay knows of.
    ///
    /// It needs not be true where others sell from the same warehouse, or after a run over a larger part of the file.
    public var unitsAgree: Bool { replayedOpenUnits == allocatedUnits }

    init(_ answer: Holdfast_V1_CheckBooksResponse, replayedOpenUnits: Int64, allocatedUnits: Int64) {
        agree = answer.agree && answer.oversold == 0
        cells = answer.cells
        orders = answer.orders
        liveReservations = answer.liveReservations
        foldMismatches = answer.foldMismatches
        allocationMismatches = answer.allocationMismatches
        lineMismatches = answer.lineMismatches
        moneyMismatches = answer.moneyMismatches
        capacityMismatches = answer.capacityMismatches
        eventGaps = answer.eventGaps
        oversold = answer.oversold
        openShortage = answer.openShortage
        differingCells = answer.differingCells
        differences = answer.differences.map {
            Difference(
                sku: $0.sku, location: $0.location, ledger: $0.ledger, admission: $0.hasAdmission ? $0.admission : nil)
        }
        self.replayedOpenUnits = replayedOpenUnits
        self.allocatedUnits = allocatedUnits
    }

    var json: JSONValue {
        .object([
            .init("agree", .boolean(agree)),
            .init("cells", .integer(cells)),
            .init("orders", .integer(orders)),
            .init("live_reservations", .integer(liveReservations)),
            .init("fold_mismatches", .integer(foldMismatches)),
            .init("allocation_mismatches", .integer(allocationMismatches)),
            .init("line_mismatches", .integer(lineMismatches)),
            .init("money_mismatches", .integer(moneyMismatches)),
            .init("capacity_mismatches", .integer(capacityMismatches)),
            .init("event_gaps", .integer(eventGaps)),
            .init("oversold", .integer(oversold)),
            .init("open_shortage", .integer(openShortage)),
            .init("differing_cells", .integer(differingCells)),
            .init("differences", .array(differences.map(Self.json))),
            .init("replayed_open_units", .integer(replayedOpenUnits)),
            .init("allocated_units", .integer(allocatedUnits)),
            .init("units_agree", .boolean(unitsAgree)),
        ])
    }

    private static func json(_ difference: Difference) -> JSONValue {
        .object([
            .init("sku", .string(difference.sku)),
            .init("location", .string(difference.location)),
            .init("ledger", .integer(difference.ledger)),
            .init("admission", difference.admission.map { .integer($0) } ?? .null),
        ])
    }
}
