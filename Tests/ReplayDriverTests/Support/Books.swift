import Replay
import ReplayDriver

/// Books made for tests.
enum Books {
    static let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

    private static let planOfSample = Result { try ReplaySource.sample.plan(ReplayOptions()).plan }

    /// The plan of the sample, made once for all tests: reading it takes seconds.
    static func sample() throws -> ReplayPlan { try planOfSample.get() }

    /// The plan of lines in the layout of the file, and what they offer.
    static func plan(
        _ lines: [String], scope: ReplayScope = ReplayScope()
    ) throws -> (plan: ReplayPlan, offered: OfferedReport) {
        let bytes = Array(([header] + lines).joined(separator: "\n").utf8)
        return try ReplayPlan.reading(scope) { try RetailReader(MemoryByteSource(bytes)) }
    }

    /// A line of an invoice.
    static func line(
        _ invoice: String, _ code: String, _ quantity: Int, _ price: String = "1.00",
        at time: String = "2010-12-01 08:26:00", customer: String = "17850", text: String = "GOODS"
    ) -> String {
        "\(invoice),\(code),\(text),\(quantity),\(time),\(price),\(customer),United Kingdom"
    }

    /// The one order of a plan.
    static func order(_ lines: [String]) throws -> InvoiceOrder {
        for operation in try plan(lines).plan.operations {
            if case .place(let order) = operation.action { return order }
        }
        throw Missing()
    }

    struct Missing: Error {}
}
