/// How many units of each article the books ask for in each week.
///
/// Memory is bounded by the articles times the weeks in which they sell.
public struct WeeklyDemand: Sendable {
    private var unitsByWeek: [Int: [String: Int64]] = [:]
    private var calendar: WeekCalendar?

    /// Demand of no rows.
    public init() {}

    /// The weeks, counted from the first row's; nil before a row was added.
    public var weeks: WeekCalendar? { calendar }

    /// Adds a row; only goods sold or given away count, corrections and cancellations do not.
    ///
    /// Rows come in the order of the file. The first one sets week 0; a row entered before that week counts to it.
    public mutating func add(_ row: RetailRow) {
        let weeks = calendar ?? WeekCalendar(firstDay: row.enteredAt)
        calendar = weeks
        guard row.lineClass == .sale || row.lineClass == .free, !row.stockCode.isService else { return }
        unitsByWeek[weeks.week(of: row.enteredAt), default: [:]][row.stockCode.sku, default: 0] += Int64(row.quantity)
    }

    /// Units asked for in one week, by SKU.
    public func units(inWeek week: Int) -> [String: Int64] { unitsByWeek[week] ?? [:] }
}
