/// Turns the rows of the books into operations, one invoice at a time.
///
/// The rules, by what an invoice number and a line are:
/// - **Order**: all sale and free lines of an ordinary invoice are one order, in the order of the books. Services stay
///   on it as lines that take no stock.
/// - **Correction**: all stock lines of an ordinary invoice are one stock movement with a negative difference.
/// - **Adjustment** (A invoices): an entry of the books. A service line of positive value becomes an order, so that the
///   amount is there; everything else is not replayed.
/// - **Cancellation** (C invoices): each line is matched with earlier sales (`OpenSales`). What is found becomes one
///   cancellation per order; goods that are not found become one receipt of returned goods; services that are not found
///   are not replayed. The match is decided here, on what the plan knows. Whether the order was accepted in the end is
///   only known to whoever carries the plan out; units of a refused order have nothing to cancel.
///
/// With a `DispatchRule`, the goods of an order leave at the moment that it gives, as far as that comes before the last
/// row's. A cancellation that comes later than that takes the units back from the customer instead. Orders without goods
/// are not sent, and so stay cancellable.
///
/// Deliveries come by `Replenishment`. The result depends on the rows and the rule only, never on time or chance.
public struct ReplayPlanner: Sendable {
    private let demand: WeeklyDemand
    private let replenishment: Replenishment
    private let dispatch: DispatchRule?
    private var leaving = LeavingOrders()
    private var invoices = OpenInvoices()
    private var sales = OpenSales()
    private var ordersByIndex: [Int: OrderState] = [:]
    private var deliveredUpToWeek = -1
    private var clock: WallClock?
    private var nextIndex = 0
    private var operations: [ReplayOperation] = []

    /// What became of the cancellation lines.
    public private(set) var cancellations = CancellationTally()
    /// The lines that have no operation.
    public private(set) var notReplayed = NotReplayed()

    private struct OrderState {
        let id: ReplayID
        let invoice: String
        var lastOperation: Int
        var hasLeft = false
    }

    /// Plans by the demand of the same rows, which must have been added up before.
    ///
    /// Without a rule for sending goods out, orders are captured and cancelled, and that is all.
    public init(
        demand: WeeklyDemand, replenishment: Replenishment = Replenishment(), dispatch: DispatchRule? = nil
    ) {
        self.demand = demand
        self.replenishment = replenishment
        self.dispatch = dispatch
    }

    /// Orders whose goods have not left with the last operation.
    public var ordersWaiting: Int { leaving.count }

    /// Units of sale lines with a customer that no cancellation has found so far.
    public var openSaleUnits: Int64 { sales.units }

    /// Takes the next row of the file and returns the operations that are now certain, in order.
    public mutating func add(_ row: RetailRow) -> [ReplayOperation] {
        if !invoices.add(row) { notReplayed.add(.lateLine, units: Int64(row.quantity)) }
        return planComplete(atEnd: false)
    }

    /// Returns the last operations, after the last row.
    public mutating func finish() -> [ReplayOperation] {
        planComplete(atEnd: true)
    }

    private mutating func planComplete(atEnd: Bool) -> [ReplayOperation] {
        while let rows = invoices.next(atEnd: atEnd) { plan(rows) }
        defer { operations = [] }
        return operations
    }

    private mutating func plan(_ rows: [RetailRow]) {
        advance(to: rows[0].enteredAt)
        if rows.count > InvoiceOrder.mostLines {
            for row in rows { notReplayed.add(.oversizedInvoice, units: Int64(row.quantity)) }
            return
        }
        switch rows[0].invoice.kind {
        case .invoice:
            place(rows.filter { $0.lineClass != .stock })
            correct(rows.filter { $0.lineClass == .stock })
        case .adjustment: adjust(rows)
        case .cancellation: cancel(rows)
        }
    }

    /// Moves to the time of the next invoice; whatever is delivered on the Mondays up to then comes first.
    private mutating func advance(to moment: WallClock) {
        guard let weeks = demand.weeks else {
            preconditionFailure("the demand of these rows must be added up before they are planned")
        }
        let now = max(clock ?? moment, moment)
        let week = weeks.week(of: now)
        while deliveredUpToWeek < week {
            if deliveredUpToWeek >= 0 { sendOut(before: weeks.monday(ofWeek: deliveredUpToWeek + 1)) }
            deliveredUpToWeek += 1
            let monday = weeks.monday(ofWeek: deliveredUpToWeek)
            clock = max(clock ?? monday, monday)
            if deliveredUpToWeek == 0 {
                receive(.openingStock, "opening", replenishment.openingStock(for: demand))
            } else {
                let lines = replenishment.delivery(inWeek: deliveredUpToWeek, for: demand)
                receive(.weeklyDelivery, "delivery/\(monday.dateText)", lines)
            }
        }
        sendOut(before: now)
        clock = now
    }

    /// Sends out what leaves before a moment, in the order of leaving.
    private mutating func sendOut(before moment: WallClock) {
        while let next = leaving.next(before: moment) {
            guard var order = ordersByIndex[next.order] else {
                preconditionFailure("only placed orders leave")
            }
            clock = max(clock ?? next.fulfilment.leavesAt, next.fulfilment.leavesAt)
            let dependsOn = Set([next.order, order.lastOperation]).sorted()
            order.lastOperation = append(.fulfil(next.fulfilment), dependsOn: dependsOn)
            order.hasLeft = true
            ordersByIndex[next.order] = order
        }
    }

    private mutating func receive(_ origin: GoodsReceipt.Origin, _ reference: String, _ lines: [GoodsReceipt.Line]) {
        for (part, start) in stride(from: 0, to: lines.count, by: GoodsReceipt.mostLines).enumerated() {
            let piece = Array(lines[start..<min(lines.count, start + GoodsReceipt.mostLines)])
            let receipt = GoodsReceipt(origin, reference: "\(reference)/\(part + 1)", lines: piece)
            append(.receive(receipt), stage: 2 * deliveredUpToWeek)
        }
    }

    private mutating func place(_ rows: [RetailRow]) {
        guard let first = rows.first else { return }
        let order = InvoiceOrder(first: first, lines: rows.map { InvoiceOrder.Line($0) })
        let index = append(.place(order))
        ordersByIndex[index] = OrderState(id: order.id, invoice: order.invoice, lastOperation: index)
        if let dispatch, order.lines.contains(where: \.isGoods) {
            leaving.add(
                order: index,
                OrderFulfilment(
                    orderID: order.id, orderInvoice: order.invoice, placedAt: order.placedAt,
                    leavesAt: dispatch.leaving(placedAt: max(order.placedAt, clock ?? order.placedAt))))
        }
        for (position, row) in rows.enumerated() where row.lineClass == .sale {
            guard let customer = row.customer else { continue }
            let quantity = Int64(row.quantity)
            sales.place(
                order: index, line: position + 1, customer: customer, sku: row.stockCode.sku, quantity: quantity)
        }
    }

    private mutating func correct(_ rows: [RetailRow]) {
        let goods = rows.filter { !$0.stockCode.isService }
        for row in rows where row.stockCode.isService {
            notReplayed.add(.serviceCorrection, units: Int64(row.quantity))
        }
        if !goods.isEmpty { append(.correct(StockCorrection(rows: goods))) }
    }

    private mutating func adjust(_ rows: [RetailRow]) {
        var charged: [RetailRow] = []
        for row in rows {
            if row.value < .zero {
                notReplayed.add(.negativeAdjustment, units: Int64(row.quantity))
            } else if row.quantity > 0, row.value > .zero, row.stockCode.isService {
                charged.append(row)
            } else {
                notReplayed.add(.unclearAdjustment, units: Int64(row.quantity))
            }
        }
        guard let first = charged.first else { return }
        append(.place(InvoiceOrder(first: first, lines: charged.map { InvoiceOrder.Line($0) })))
    }

    private mutating func cancel(_ rows: [RetailRow]) {
        var found: [Int: [Int: Int64]] = [:]
        var returned: [GoodsReceipt.Line] = []
        for row in rows {
            guard row.quantity < 0 else {
                notReplayed.add(.positiveCancellation, units: Int64(row.quantity))
                continue
            }
            let wanted = -Int64(row.quantity)
            let matches = sales.cancel(customer: row.customer, sku: row.stockCode.sku, quantity: wanted)
            for match in matches { found[match.order, default: [:]][match.line, default: 0] += match.quantity }
            let rest = wanted - matches.reduce(0) { $0 + $1.quantity }
            tally(row, wanted: wanted, rest: rest)
            guard rest > 0 else { continue }
            if row.stockCode.isService {
                notReplayed.add(.serviceCreditWithoutOrder, units: rest)
            } else {
                returned.append(GoodsReceipt.Line(sku: row.stockCode.sku, quantity: rest))
            }
        }
        for (order, lines) in found.sorted(by: { $0.key < $1.key }) {
            cancel(lines, of: order, by: rows[0].invoice.text)
        }
        if !returned.isEmpty {
            let receipt = GoodsReceipt(.customerReturn, reference: rows[0].invoice.text, lines: returned)
            append(.receive(receipt))
        }
    }

    private mutating func cancel(_ lines: [Int: Int64], of index: Int, by invoice: String) {
        guard var order = ordersByIndex[index] else {
            preconditionFailure("open sales belong to placed orders only")
        }
        let ordered = lines.sorted { $0.key < $1.key }
            .map { OrderCancellation.Line(number: $0.key, quantity: $0.value) }
        let cancellation = OrderCancellation(
            invoice: invoice,
            orderID: order.id,
            orderInvoice: order.invoice,
            lines: ordered
        )
        let dependsOn = Set([index, order.lastOperation]).sorted()
        let action: ReplayOperation.Action = order.hasLeft ? .takeBack(cancellation) : .cancel(cancellation)
        order.lastOperation = append(action, dependsOn: dependsOn)
        ordersByIndex[index] = order
    }

    private mutating func tally(_ row: RetailRow, wanted: Int64, rest: Int64) {
        if row.customer == nil {
            cancellations.linesWithoutCustomer += 1
        } else if rest == 0 {
            cancellations.linesFound += 1
        } else if rest < wanted {
            cancellations.linesFoundInPart += 1
        } else {
            cancellations.linesNotFound += 1
        }
        cancellations.unitsCancelled += wanted - rest
        if row.stockCode.isService {
            cancellations.unitsOfServices += rest
        } else {
            cancellations.unitsReturned += rest
        }
    }

    @discardableResult
    private mutating func append(
        _ action: ReplayOperation.Action,
        stage: Int? = nil,
        dependsOn: [Int] = []
    ) -> Int {
        guard let clock else { preconditionFailure("time is set before anything is planned") }
        let week = deliveredUpToWeek
        operations.append(
            ReplayOperation(
                index: nextIndex,
                at: clock,
                week: week,
                stage: stage ?? 2 * week + 1,
                dependsOn: dependsOn,
                action: action
            )
        )
        nextIndex += 1
        return nextIndex - 1
    }
}
