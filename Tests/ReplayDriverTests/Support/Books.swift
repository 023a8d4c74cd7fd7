import Replay
import ReplayDriver

/// Books made for tests.
enum Books {
    static let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

    private static let planOfSample = Result { try ReplaySource.sample.plan(ReplayOptions()) }

    /// The plan of the sample and what it offers, made once for all tests: reading it takes seconds.
    static func sample() throws -> (plan: ReplayPlan, offered: OfferedReport) { try planOfSample.get() }

    /// The plan of lines in the layout of the file, and what they offer.
    static func plan(
        _ lines: [String], scope: ReplayScope = ReplayScope(), replenishment: Replenishment = Replenishment(),
        dispatch: DispatchRule? = nil
    ) throws -> (plan: ReplayPlan, offered: OfferedReport) {
        let bytes = Array(([header] + lines).joined(separator: "\n").utf8)
        return try ReplayPlan.reading(scope, replenishment: replenishment, dispatch: dispatch) {
            try RetailReader(MemoryByteSource(bytes))
        }
    }

    /// A line of an invoice.
    static func line(
        _ invoice: String, _ code: String, _ quantity: Int, _ price: String = "1.00",
        at time: String = "2010-12-01 08:26:00", customer: String = "17850", text: String = "GOODS"
    ) -> String {
        "\(invoice),\(code),\(text),\(quantity),\(time),\(price),\(customer),United Kingdom"
    }

    /// Six weeks of an invented small shop: orders, repeated lines, free goods, postage, cancellations, losses; always the
    /// same.
    static func weeks() -> [String] {
        var state: UInt64 = 42
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
        var lines: [String] = []
        var sold: [(code: String, quantity: Int, customer: String)] = []
        for number in 0..<240 {
            let day = WallClock(seconds: 1_291_190_400 + Int64(number / 40 * 7 + number % 40 / 8) * 86_400)
            let time = "\(day.dateText) \(10 + number % 8):0\(draw(10)):00"
            let invoice = 600_000 + number
            let customer = "\(12_000 + draw(20))"
            switch draw(10) {
            case 0 where !sold.isEmpty:
                let sale = sold[draw(sold.count)]
                lines.append(
                    line("C\(invoice)", sale.code, -1 - draw(sale.quantity), at: time, customer: sale.customer))
            case 1:
                lines.append(
                    line("\(invoice)", "A\(draw(25))", -1 - draw(4), "0", at: time, customer: "", text: "damages"))
            default:
                for _ in 0...draw(9) {
                    let (code, quantity) = ("A\(draw(25))", 1 + draw(12))
                    let price = draw(12) == 0 ? "0" : "\(draw(20)).\(1 + draw(9))\(draw(10))"
                    lines.append(line("\(invoice)", code, quantity, price, at: time, customer: customer))
                    if price != "0" { sold.append((code, quantity, customer)) }
                }
                if draw(3) == 0 { lines.append(line("\(invoice)", "POST", 1, "18.00", at: time, customer: customer)) }
            }
        }
        return lines
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
