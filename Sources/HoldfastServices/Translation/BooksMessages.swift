import HoldfastAPI
import Ledger
import OrderPromising
import SwiftProtobuf

extension Holdfast_V1_CheckBooksResponse {
    /// Most differing cells that an answer lists.
    private static let listed = 100

    init(_ report: BooksReport) {
        self.init()
        agree = report.agree
        cells = Int64(report.ledger.cells.count)
        orders = report.ledger.orders
        liveReservations = report.ledger.liveReservations
        foldMismatches = report.ledger.foldMismatches
        allocationMismatches = report.ledger.allocationMismatches
        lineMismatches = report.ledger.lineMismatches
        moneyMismatches = report.ledger.moneyMismatches
        capacityMismatches = report.ledger.capacityMismatches
        eventGaps = report.ledger.eventGaps
        oversold = report.ledger.oversold
        openShortage = report.ledger.openShortage
        differingCells = Int64(report.differing.count)
        differences = report.differing.prefix(Self.listed).map { difference in
            .with {
                $0.sku = difference.sku
                $0.location = difference.location
                $0.ledger = difference.ledger
                if let admission = difference.admission { $0.admission = admission }
            }
        }
    }
}
