package import HoldfastAPI

/// Judges what a deployment that others use too says of its own books.
package enum BooksCheck {
    /// What is wrong now and was not before, sum by sum.
    ///
    /// What was wrong before is not the run's. Where the two stores differ is left out: others may trade.
    ///
    /// - Parameters:
    ///   - former: what it said before the run.
    ///   - now: what it says after it.
    /// - Returns: a violation for each sum that has grown, with its growth.
    package static func increase(
        from former: Holdfast_V1_CheckBooksResponse, to now: Holdfast_V1_CheckBooksResponse
    ) -> [Violation] {
        let sums: [(before: Int64, after: Int64, kind: Violation.Kind, story: String)] = [
            (
                former.foldMismatches, now.foldMismatches, .books,
                "cells are not the sum of their movements"
            ),
            (
                former.allocationMismatches, now.allocationMismatches, .books,
                "cells have other allocated units than open order lines"
            ),
            (
                former.lineMismatches, now.lineMismatches, .books,
                "order lines have units that do not add up"
            ),
            (
                former.moneyMismatches, now.moneyMismatches, .money,
                "orders gave back more than they took"
            ),
            (
                former.capacityMismatches, now.capacityMismatches, .books,
                "days have a capacity in use that is not the sum of their bookings"
            ),
            (former.eventGaps, now.eventGaps, .events, "orders have a gap in their history"),
            (
                former.oversold, now.oversold, .unrecordedShortage,
                "cells have more promised than is there, and no shortage that says so"
            ),
        ]
        return sums.compactMap { sum in
            guard sum.after > sum.before else { return nil }
            return Violation(
                sum.kind, "\(sum.after - sum.before) \(sum.story), beside \(sum.before) from before the run")
        }
    }
}
