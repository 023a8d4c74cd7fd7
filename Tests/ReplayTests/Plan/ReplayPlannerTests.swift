import Replay
import Testing

@Suite("Planning the replay")
struct ReplayPlannerTests {
    /// A row; times are minutes after 2010-12-01 10:00.
    private static func row(
        _ invoice: String,
        _ code: String,
        _ quantity: Int,
        _ price: String = "1",
        customer: String = "1",
        minute: Int = 0,
        day: Int = 1,
        text: String = ""
    ) -> String {
        let time = "2010-12-\(day < 10 ? "0" : "")\(day) 10:\(minute < 10 ? "0" : "")\(minute):00"
        return "\(invoice),\(code),\(text),\(quantity),\(time),\(price),\(customer),UK"
    }

    private static func plan(_ lines: [String], _ replenishment: Replenishment = Replenishment()) throws -> ReplayPlan {
        let text = ([Samples.header] + lines).joined(separator: "\n")
        return try ReplayPlan(replenishment: replenishment) { try RetailReader(MemoryByteSource(Array(text.utf8))) }
    }

    /// What happens to orders, in order: `place 1`, `leave 1 2010-12-02`, `cancel C2`, `back C3`.
    private static func lives(_ lines: [String]) throws -> [String] {
        let text = ([Samples.header] + lines).joined(separator: "\n")
        let plan = try ReplayPlan(dispatch: DispatchRule()) { try RetailReader(MemoryByteSource(Array(text.utf8))) }
        return plan.operations.compactMap { operation in
            switch operation.action {
            case .receive, .correct: nil
            case .place(let order): "place \(order.invoice)"
            case .fulfil(let fulfilment): "leave \(fulfilment.orderInvoice) \(fulfilment.leavesAt.dateText)"
            case .cancel(let cancellation): "cancel \(cancellation.invoice)"
            case .takeBack(let cancellation): "back \(cancellation.invoice)"
            }
        }
    }

    @Test("A cancellation before the goods leave cancels, a later one takes them back")
    func cancelOrReturn() throws {
        // 2010-12-01 was a Wednesday.
        let lives = try Self.lives([
            Self.row("1", "A1", 4), Self.row("2", "A2", 4, customer: "2"), Self.row("C3", "A1", -1, minute: 30),
            Self.row("C4", "A1", -1, day: 2), Self.row("C5", "A1", -1, day: 3),
            Self.row("C6", "A2", -4, customer: "2", day: 6),
        ])
        #expect(
            lives == [
                "place 1", "place 2", "cancel C3", "cancel C4", "leave 1 2010-12-02", "leave 2 2010-12-02", "back C5",
                "back C6",
            ])
    }

    @Test("Goods leave on working days, in the order of leaving, and what would leave after the last row stays")
    func leaving() throws {
        // The 3rd was a Friday, the 5th a Sunday: both leave on Monday, and what comes on Monday leaves on Tuesday.
        let lives = try Self.lives([
            Self.row("1", "A1", 1, day: 3), Self.row("2", "A1", 1, day: 5), Self.row("3", "POST", 1, day: 5),
            Self.row("4", "A1", 1, day: 6), Self.row("5", "A1", 1, day: 7),
        ])
        #expect(
            lives == [
                "place 1", "place 2", "place 3", "place 4", "leave 1 2010-12-06", "leave 2 2010-12-06", "place 5",
            ])
    }

    @Test("An order of services alone is never sent, and is cancelled whenever that comes")
    func services() throws {
        #expect(
            try Self.lives([
                Self.row("1", "POST", 2), Self.row("2", "A1", 1, day: 6), Self.row("C3", "POST", -1, day: 7),
            ])
                == ["place 1", "place 2", "cancel C3"])
    }

    private static func cancellations(_ plan: ReplayPlan) -> [OrderCancellation] {
        plan.operations.compactMap { if case .cancel(let cancellation) = $0.action { cancellation } else { nil } }
    }

    private static func receipts(_ plan: ReplayPlan, _ origin: GoodsReceipt.Origin) -> [GoodsReceipt] {
        plan.operations.compactMap {
            if case .receive(let receipt) = $0.action, receipt.origin == origin { receipt } else { nil }
        }
    }

    private static func orders(_ plan: ReplayPlan) -> [InvoiceOrder] {
        plan.operations.compactMap { if case .place(let order) = $0.action { order } else { nil } }
    }

    /// `order invoice: line x units` of every cancelled line, in order.
    private static func cancelled(_ plan: ReplayPlan) -> [String] {
        cancellations(plan).flatMap { one in
            one.lines.map { "\(one.invoice) \(one.orderInvoice): \($0.number)x\($0.quantity)" }
        }
    }

    private static func returned(_ plan: ReplayPlan) -> [String] {
        receipts(plan, .customerReturn).flatMap { one in one.lines.map { "\(one.reference) \($0.sku)x\($0.quantity)" } }
    }

    @Test("Sale and free lines of an invoice are one order; repeated lines stay apart and services take no stock")
    func order() throws {
        let plan = try Self.plan([
            Self.row("1", "10001a", 2, "2.55", text: " RED BOX "), Self.row("1", "POST", 1, "18"),
            Self.row("1", "10001A", 2, "2.55"), Self.row("1", "10002", 1, "0"),
        ])
        let order = try #require(Self.orders(plan).first)
        #expect(Self.orders(plan).count == 1)
        #expect(order.id == ReplayID(.order, "1"))
        #expect(order.invoice == "1")
        #expect(order.customer == "1")
        #expect(order.lines.map(\.sku) == ["10001A", "POST", "10001A", "10002"])
        #expect(order.lines.map(\.isGoods) == [true, false, true, true])
        #expect(order.lines.map(\.quantity) == [2, 1, 2, 1])
        #expect(order.lines[0].unitPrice.description == "2.55")
        #expect(order.lines[0].description == "RED BOX")
        #expect(plan.products.map(\.sku) == ["10001A", "10002", "POST"])
        #expect(plan.products.map(\.name) == ["RED BOX", "10002", "POST"])
        #expect(plan.products.map(\.isGoods) == [true, true, false])
    }

    @Test("Lines of an interrupted invoice come together, and a line that is too late is counted")
    func interrupted() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 1), Self.row("2", "A1", 1), Self.row("1", "A2", 1, minute: 1),
            Self.row("3", "A1", 1, minute: 20), Self.row("1", "A3", 7, minute: 20),
        ])
        #expect(Self.orders(plan).map(\.invoice) == ["1", "2", "3"])
        #expect(Self.orders(plan)[0].lines.map(\.sku) == ["A1", "A2"])
        #expect(plan.notReplayed[.lateLine].lines == 1)
        #expect(plan.notReplayed[.lateLine].units == 7)
        #expect(plan.notReplayed.total.lines == 1)
    }

    @Test("An invoice is waited for until its last line is more than five minutes old")
    func waiting() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 1), Self.row("2", "A1", 1, minute: 5), Self.row("1", "A2", 1, minute: 5),
            Self.row("3", "A1", 1, minute: 10), Self.row("1", "A3", 1, minute: 10),
            Self.row("4", "A1", 1, minute: 16), Self.row("1", "A4", 1, minute: 16),
        ])
        #expect(Self.orders(plan)[0].lines.map(\.sku) == ["A1", "A2", "A3"])
        #expect(plan.notReplayed[.lateLine].lines == 1)
    }

    @Test("An invoice is waited for while fewer than 256 others have started after it")
    func mostWaiting() throws {
        let others = { (count: Int) in (1...count).map { Self.row("\(1_000 + $0)", "A1", 1) } }
        let first = Self.row("1", "A1", 1)
        let inTime = try Self.plan([first] + others(255) + [first])
        #expect(Self.orders(inTime)[0].lines.count == 2)
        #expect(inTime.notReplayed.total.lines == 0)
        let tooLate = try Self.plan([first] + others(256) + [first])
        #expect(Self.orders(tooLate).map(\.lines.count) == [Int](repeating: 1, count: 257))
        #expect(tooLate.notReplayed[.lateLine].lines == 1)
    }

    @Test("Stock lines are corrections with the clerk's remark, apart from an order on the same invoice")
    func corrections() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", -5, "0", customer: "", text: " damages "), Self.row("2", "A1", -1, "0", customer: ""),
            Self.row("3", "A1", 3), Self.row("3", "A2", -2, "0", text: "wet"),
            Self.row("3", "A1", -1, "0", text: "lost"),
            Self.row("4", "POST", -1, "0"),
        ])
        let corrections: [StockCorrection] = plan.operations.compactMap {
            if case .correct(let correction) = $0.action { correction } else { nil }
        }
        #expect(corrections.map(\.reason) == ["damages", "unspecified", "wet; lost"])
        #expect(corrections.map { $0.lines.map(\.delta) } == [[-5], [-1], [-2, -1]])
        #expect(corrections[0].id == ReplayID(.correction, "1"))
        #expect(Self.orders(plan).map(\.invoice) == ["3"])
        #expect(plan.notReplayed[.serviceCorrection].lines == 1)
    }

    @Test("An adjustment is an order of services where it charges, and is left out where it does not")
    func adjustments() throws {
        let plan = try Self.plan([
            Self.row("A1", "B", 1, "11062.06", customer: ""), Self.row("A2", "B", 1, "-11062.06", customer: ""),
            Self.row("A3", "B", -1, "5"), Self.row("A4", "10001", 1, "5"), Self.row("A5", "B", 1, "0"),
            Self.row("A6", "B", -1, "-5"),
        ])
        #expect(Self.orders(plan).map(\.invoice) == ["A1"])
        #expect(Self.orders(plan)[0].lines.map(\.isGoods) == [false])
        #expect(plan.notReplayed[.negativeAdjustment].lines == 2)
        #expect(plan.notReplayed[.unclearAdjustment].lines == 3)
    }

    @Test("A cancellation takes the latest sale first and goes on to the one before it")
    func split() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 3), Self.row("2", "A1", 4, minute: 10), Self.row("2", "A1", 5, minute: 10),
            Self.row("C3", "A1", -10, minute: 20), Self.row("C4", "A1", -1, minute: 30),
            Self.row("C5", "A1", -9, minute: 40),
        ])
        #expect(Self.cancelled(plan) == ["C3 1: 1x1", "C3 2: 1x4", "C3 2: 2x5", "C4 1: 1x1", "C5 1: 1x1"])
        #expect(Self.returned(plan) == ["C5 A1x8"])
        #expect(plan.cancellations.linesFound == 2)
        #expect(plan.cancellations.linesFoundInPart == 1)
        #expect(plan.cancellations.unitsCancelled == 12)
        #expect(plan.cancellations.unitsReturned == 8)
        #expect(plan.openSaleUnits == 0)
        #expect(Self.cancellations(plan)[0].id == ReplayID(.cancellation, "C3/1"))
        #expect(Self.cancellations(plan)[0].orderID == ReplayID(.order, "1"))
    }

    @Test("Two lines of a C invoice that find the same order line are one cancelled line")
    func mergedLines() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 9), Self.row("C2", "A1", -2, minute: 10), Self.row("C2", "A1", -3, minute: 10),
        ])
        #expect(Self.cancelled(plan) == ["C2 1: 1x5"])
        #expect(plan.cancellations.linesFound == 2)
        #expect(plan.openSaleUnits == 4)
    }

    @Test("Spellings of a code match, other customers, later sales and free units do not")
    func matching() throws {
        let plan = try Self.plan([
            Self.row("1", "10001a", 1), Self.row("2", "10002", 5, customer: "2"), Self.row("3", "10003", 5, "0"),
            Self.row("C4", "10001A", -1, minute: 10), Self.row("C5", "10002", -1, minute: 11),
            Self.row("C6", "10003", -1, minute: 12), Self.row("C7", "10004", -2, minute: 13),
            Self.row("8", "10004", 2, minute: 30),
        ])
        #expect(Self.cancelled(plan) == ["C4 1: 1x1"])
        #expect(Self.returned(plan) == ["C5 10002x1", "C6 10003x1", "C7 10004x2"])
        #expect(plan.cancellations.linesNotFound == 3)
    }

    @Test("Without a customer nothing matches: goods come back into stock, services are counted")
    func withoutCustomer() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 3, customer: ""), Self.row("C2", "A1", -2, customer: "", minute: 10),
            Self.row("C2", "D", -1, "20", customer: "", minute: 10), Self.row("C3", "POST", -1, minute: 20),
            Self.row("C4", "A1", 6, minute: 30),
        ])
        #expect(Self.cancelled(plan) == [])
        #expect(Self.returned(plan) == ["C2 A1x2"])
        #expect(Self.receipts(plan, .customerReturn)[0].id == ReplayID(.receipt, "C2"))
        #expect(plan.cancellations.linesWithoutCustomer == 2)
        #expect(plan.cancellations.linesNotFound == 1)
        #expect(plan.cancellations.unitsOfServices == 2)
        #expect(plan.notReplayed[.serviceCreditWithoutOrder].lines == 2)
        #expect(plan.notReplayed[.positiveCancellation].units == 6)
    }

    @Test("A service on an order is cancelled like goods")
    func cancelledService() throws {
        let plan = try Self.plan([Self.row("1", "POST", 1, "18"), Self.row("C2", "post", -1, "18", minute: 10)])
        #expect(Self.cancelled(plan) == ["C2 1: 1x1"])
    }

    @Test("An invoice with more lines than an order may have is counted, not cut")
    func oversized() throws {
        let lines = (0..<1_001).map { _ in Self.row("1", "A1", 1) } + [Self.row("2", "A1", 1)]
        let plan = try Self.plan(lines)
        #expect(Self.orders(plan).map(\.invoice) == ["2"])
        #expect(plan.notReplayed[.oversizedInvoice].lines == 1_001)
        #expect(try Self.plan(Array(lines.dropFirst())).notReplayed.total.lines == 0)
    }

    @Test("A cancellation depends on its order and on the cancellation of that order before it")
    func dependencies() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 9), Self.row("C2", "A1", -2, minute: 10), Self.row("C3", "A1", -3, minute: 20),
        ])
        let positions = plan.operations.filter { $0.stage == 1 }.map(\.index)
        let depends = plan.operations.filter { $0.stage == 1 }.map(\.dependsOn)
        #expect(depends == [[], [positions[0]], [positions[0], positions[1]]])
    }

    @Test("Opening stock looks four weeks ahead; deliveries follow last week's demand up to the cap, on Mondays")
    func replenishment() throws {
        // 2010-12-01 is a Wednesday: days 6, 13, 20 and 27 are Mondays.
        let plan = try Self.plan([
            Self.row("1", "A1", 10, day: 1), Self.row("2", "A1", 20, day: 8), Self.row("3", "A1", 200, day: 15),
            Self.row("4", "A1", 1, day: 22), Self.row("4", "POST", 1, day: 22), Self.row("C5", "A1", -1, day: 23),
            Self.row("6", "A2", 100, day: 29),
        ])
        #expect(Self.receipts(plan, .openingStock).map(\.reference) == ["opening/1"])
        // 1.2 times 231 = 277.2; A2 sells later than the fourth week.
        #expect(Self.receipts(plan, .openingStock)[0].lines.map(\.quantity) == [278])
        let deliveries = Self.receipts(plan, .weeklyDelivery)
        #expect(deliveries.map(\.reference) == (["06", "13", "20", "27"]).map { "delivery/2010-12-\($0)/1" })
        // The second week has no cap; 20 is below 24; 200 is cut to 3 x (10 + 20) / 2; 1 is small.
        #expect(deliveries.map { $0.lines.map(\.quantity) } == [[10], [20], [45], [1]])
        let stages = plan.operations.filter { if case .receive = $0.action { true } else { false } }.map(\.stage)
        #expect(stages == [0, 2, 4, 6, 8])
    }

    @Test("Rows out of order of time do not turn the clock back")
    func timeBackwards() throws {
        let plan = try Self.plan([
            Self.row("1", "A1", 1, day: 20), Self.row("2", "A1", 1, day: 3), Self.row("3", "A1", 1, day: 21),
        ])
        #expect(Self.orders(plan).map(\.invoice) == ["1", "2", "3"])
        for (earlier, later) in zip(plan.operations, plan.operations.dropFirst()) {
            #expect(earlier.at <= later.at && earlier.stage <= later.stage)
        }
    }

    @Test("A file that changes between the passes is noticed")
    func changedFile() throws {
        var passes = 0
        let error = #expect(throws: ReplayPlanError.self) {
            try ReplayPlan {
                passes += 1
                let lines = passes == 1 ? [Self.row("1", "A1", 1)] : [Self.row("1", "A1", 1), Self.row("2", "A1", 1)]
                let text = ([Samples.header] + lines).joined(separator: "\n")
                return try RetailReader(MemoryByteSource(Array(text.utf8)))
            }
        }
        #expect(error?.reason == "the file changed while it was read: it had 1 good rows before")
    }
}
