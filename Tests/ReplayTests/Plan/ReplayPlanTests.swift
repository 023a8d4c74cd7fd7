import Replay
import Testing

@Suite("The plan of real books")
struct ReplayPlanTests {
    /// The books a plan is made of; each plan is made once and shared by the tests, for reading takes seconds.
    enum Books {
        case sample
        case nineMonths

        private static let planOfSample = Result { try ReplayPlan(open: ReplayPlanTests.openSample) }
        private static let planOfNineMonths = Result {
            try ReplayPlan { try RetailReader(InputFile.open(path: Samples.nineMonths)) }
        }

        func plan() throws -> ReplayPlan {
            switch self {
            case .sample: try Self.planOfSample.get()
            case .nineMonths: try Self.planOfNineMonths.get()
            }
        }
    }

    /// Figures counted by a program of its own, not by this one.
    struct Expected: Sendable, CustomTestStringConvertible {
        let books: Books
        let operations: Int
        let orders: Int
        let orderLines: Int
        let cancellations: Int
        let corrections: Int
        let receipts: Int
        let returns: Int
        let openingUnits: Int64
        let deliveredUnits: Int64
        let unitsCancelled: Int64
        let unitsReturned: Int64
        let unitsOfServices: Int64
        let openSaleUnits: Int64
        let shortLines: Int
        let goodsLines: Int
        let shortOrders: Int
        let refusedOrders: Int
        let unitsToCancelOfNothing: Int64

        var testDescription: String { "\(books)" }
    }

    private static func openSample() throws -> RetailReader {
        try RetailReader(RetailSample.open())
    }

    static let nineMonths = Expected(
        books: .nineMonths,
        operations: 16_799, orders: 12_978, orderLines: 313_931, cancellations: 2_355, corrections: 925, receipts: 541,
        returns: 458, openingUnits: 435_363, deliveredUnits: 2_763_190, unitsCancelled: 126_265, unitsReturned: 19_010,
        unitsOfServices: 4_127, openSaleUnits: 2_946_286, shortLines: 12_436, goodsLines: 312_377, shortOrders: 4_532,
        refusedOrders: 2_877, unitsToCancelOfNothing: 94_397
    )

    static let sample = Expected(
        books: .sample,
        operations: 3_048, orders: 2_392, orderLines: 67_625, cancellations: 302, corrections: 110, receipts: 244,
        returns: 225, openingUnits: 435_363, deliveredUnits: 500_765, unitsCancelled: 79_441, unitsReturned: 13_559,
        unitsOfServices: 82, openSaleUnits: 513_138, shortLines: 1_421, goodsLines: 67_344, shortOrders: 367,
        refusedOrders: 275, unitsToCancelOfNothing: 74_358
    )

    @Test("Operations, units and shortages are those counted independently", arguments: [sample, nineMonths])
    func figures(expected: Expected) throws {
        let plan = try expected.books.plan()
        var orders: [InvoiceOrder] = []
        var cancellations: [OrderCancellation] = []
        var corrections: [StockCorrection] = []
        var receipts: [GoodsReceipt] = []
        for operation in plan.operations {
            switch operation.action {
            case .place(let order): orders.append(order)
            case .cancel(let cancellation): cancellations.append(cancellation)
            case .fulfil, .takeBack: Issue.record("a plan until capture goes beyond it")
            case .correct(let correction): corrections.append(correction)
            case .receive(let receipt): receipts.append(receipt)
            }
        }
        let units = { (origin: GoodsReceipt.Origin) in
            receipts.filter { $0.origin == origin }.flatMap(\.lines).reduce(Int64(0)) { $0 + $1.quantity }
        }
        #expect(plan.problems.count == 0)
        #expect(plan.operations.count == expected.operations)
        #expect(orders.count == expected.orders)
        #expect(orders.reduce(0) { $0 + $1.lines.count } == expected.orderLines)
        #expect(cancellations.count == expected.cancellations)
        #expect(corrections.count == expected.corrections)
        #expect(receipts.count == expected.receipts)
        #expect(receipts.count { $0.origin == .customerReturn } == expected.returns)
        #expect(units(.openingStock) == expected.openingUnits)
        #expect(units(.weeklyDelivery) == expected.deliveredUnits)
        #expect(units(.customerReturn) == expected.unitsReturned)
        #expect(plan.cancellations.unitsCancelled == expected.unitsCancelled)
        #expect(plan.cancellations.unitsReturned == expected.unitsReturned)
        #expect(plan.cancellations.unitsOfServices == expected.unitsOfServices)
        #expect(plan.openSaleUnits == expected.openSaleUnits)
        #expect(plan.notReplayed[.serviceCreditWithoutOrder].units == expected.unitsOfServices)

        var lenient = Shelf(.leavesTheLineOut)
        var strict = Shelf(.refusesTheOrder)
        for operation in plan.operations {
            lenient.run(operation)
            strict.run(operation)
        }
        #expect(lenient.goodsLines == expected.goodsLines)
        #expect(lenient.shortLines == expected.shortLines)
        #expect(lenient.shortOrders == expected.shortOrders)
        #expect(lenient.unitsToCancelOfNothing == expected.unitsToCancelOfNothing)
        #expect(strict.shortOrders == expected.refusedOrders)
    }

    @Test("The cancellation lines of the nine months find what a count of the books says they find")
    func cancellationLines() throws {
        let plan = try Books.nineMonths.plan()
        #expect(plan.cancellations.linesFound == 4_469)
        #expect(plan.cancellations.linesFoundInPart == 25)
        #expect(plan.cancellations.linesNotFound == 1_071)
        #expect(plan.cancellations.linesWithoutCustomer == 282)
        #expect(plan.notReplayed[.negativeAdjustment].lines == 2)
        #expect(plan.notReplayed[.lateLine].lines == 0)
        #expect(plan.notReplayed.total.lines == plan.notReplayed[.serviceCreditWithoutOrder].lines + 2)
    }

    @Test("The freak order of 74,215 jars is cancelled whole by the invoice that follows it")
    func freakOrder() throws {
        let plan = try Books.sample.plan()
        let index = try #require(
            plan.operations.firstIndex {
                if case .cancel(let cancellation) = $0.action { cancellation.invoice == "C541433" } else { false }
            }
        )
        guard case .cancel(let cancellation) = plan.operations[index].action else { return }
        #expect(cancellation.orderInvoice == "541431")
        #expect(cancellation.lines.map(\.number) == [1])
        #expect(cancellation.lines.map(\.quantity) == [74_215])
        let placing = try #require(plan.operations[index].dependsOn.first)
        guard case .place(let order) = plan.operations[placing].action else {
            Issue.record("the cancellation depends on something that is not the placing of an order")
            return
        }
        #expect(order.id == cancellation.orderID)
    }

    @Test("Two plans of the same books are equal, and no id is used twice")
    func repeatable() throws {
        let first = try Books.sample.plan()
        let second = try ReplayPlan(open: Self.openSample)
        #expect(first.operations == second.operations)
        #expect(first.products == second.products)
        let ids = first.operations.map { operation in
            switch operation.action {
            case .receive(let receipt): receipt.id
            case .correct(let correction): correction.id
            case .place(let order): order.id
            case .cancel(let cancellation): cancellation.id
            case .fulfil(let fulfilment): fulfilment.id
            case .takeBack(let cancellation): cancellation.returnID
            }
        }
        #expect(Set(ids).count == ids.count)
    }

    @Test("No order line is cancelled beyond its quantity, and units are neither lost nor made")
    func conservation() throws {
        let plan = try Books.sample.plan()
        var open: [ReplayID: [Int64]] = [:]
        var placed: [ReplayID: Int] = [:]
        for operation in plan.operations {
            #expect(operation.dependsOn.allSatisfy { $0 < operation.index })
            switch operation.action {
            case .place(let order):
                open[order.id] = order.lines.map(\.quantity)
                placed[order.id] = operation.index
            case .cancel(let cancellation):
                #expect(placed[cancellation.orderID].map(operation.dependsOn.contains) == true)
                #expect(Set(cancellation.lines.map(\.number)).count == cancellation.lines.count)
                for line in cancellation.lines {
                    let left = open[cancellation.orderID]?[line.number - 1] ?? 0
                    #expect(line.quantity > 0 && line.quantity <= left)
                    open[cancellation.orderID]?[line.number - 1] = left - line.quantity
                }
            case .receive, .correct, .fulfil, .takeBack: break
            }
        }
        var reader = try Self.openSample()
        var asked: [LineClass: Int64] = [:]
        while let row = reader.next() { asked[row.lineClass, default: 0] += Int64(row.quantity) }
        let stillOpen = open.values.joined().reduce(0, +)
        let tally = plan.cancellations
        #expect(stillOpen + tally.unitsCancelled == asked[.sale, default: 0] + asked[.free, default: 0])
        #expect(tally.unitsCancelled + tally.unitsReturned + tally.unitsOfServices == -asked[.cancellation, default: 0])
    }

    @Test("Positions, times and stages only go forward, and deliveries stand before the orders of their week")
    func order() throws {
        let plan = try Books.sample.plan()
        #expect(plan.operations.map(\.index) == Array(plan.operations.indices))
        for (earlier, later) in zip(plan.operations, plan.operations.dropFirst()) {
            #expect(earlier.at <= later.at)
            #expect(earlier.stage <= later.stage)
        }
        for operation in plan.operations {
            var isDelivery = false
            if case .receive(let receipt) = operation.action { isDelivery = receipt.origin != .customerReturn }
            #expect(operation.stage == 2 * operation.week + (isDelivery ? 0 : 1))
        }
    }

    @Test("Every product that an operation names is in the plan's range, with a name and the right kind")
    func products() throws {
        let plan = try Books.sample.plan()
        let goods = Dictionary(uniqueKeysWithValues: plan.products.map { ($0.sku, $0.isGoods) })
        #expect(plan.products.allSatisfy { !$0.name.isEmpty && $0.name.utf8.count <= 256 })
        #expect(plan.products.first { $0.sku == "85123A" }?.name == "WHITE HANGING HEART T-LIGHT HOLDER")
        for operation in plan.operations {
            switch operation.action {
            case .receive(let receipt): #expect(receipt.lines.allSatisfy { goods[$0.sku] == true })
            case .correct(let correction): #expect(correction.lines.allSatisfy { goods[$0.sku] == true })
            case .place(let order): #expect(order.lines.allSatisfy { goods[$0.sku] == $0.isGoods })
            case .cancel, .fulfil, .takeBack: break
            }
        }
    }

    @Test("With goods that leave, nothing else of the plan changes, and every order leaves at most once, in time")
    func wholeLife() throws {
        let plan = try ReplayPlan(dispatch: DispatchRule(), open: Self.openSample)
        let capture = try Books.sample.plan()
        var placed: [ReplayID: Int] = [:]
        var left: [ReplayID: OrderFulfilment] = [:]
        var ids: Set<ReplayID> = []
        var takenBack = 0
        for operation in plan.operations {
            #expect(operation.dependsOn.allSatisfy { $0 < operation.index })
            switch operation.action {
            case .place(let order): placed[order.id] = operation.index
            case .fulfil(let fulfilment):
                #expect(placed[fulfilment.orderID].map(operation.dependsOn.contains) == true)
                #expect(left.updateValue(fulfilment, forKey: fulfilment.orderID) == nil)
                #expect(ids.insert(fulfilment.id).inserted)
                #expect(fulfilment.leavesAt > fulfilment.placedAt)
                #expect(operation.at == fulfilment.leavesAt)
            case .cancel(let cancellation): #expect(left[cancellation.orderID] == nil)
            case .takeBack(let cancellation):
                #expect(left[cancellation.orderID] != nil)
                #expect(ids.insert(cancellation.returnID).inserted)
                takenBack += 1
            case .receive, .correct: break
            }
        }
        for (earlier, later) in zip(plan.operations, plan.operations.dropFirst()) {
            #expect(earlier.at <= later.at)
            #expect(earlier.stage <= later.stage)
        }
        #expect(takenBack > 0)
        #expect(plan.ordersWaiting > 0)
        #expect(capture.ordersWaiting == 0)
        // The same operations but for the goods that leave, and for cancellations that are returns now.
        let before = plan.operations.compactMap { operation -> ReplayOperation.Action? in
            switch operation.action {
            case .fulfil: nil
            case .takeBack(let cancellation): .cancel(cancellation)
            default: operation.action
            }
        }
        #expect(before == capture.operations.map(\.action))
        #expect(plan.openSaleUnits == capture.openSaleUnits)
    }
}
