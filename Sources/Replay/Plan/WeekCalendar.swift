/// Counts weeks, which start on Monday, from a first one.
public struct WeekCalendar: Hashable, Sendable {
    /// Midnight at the start of the first Monday.
    public let start: WallClock

    private static let secondsPerWeek: Int64 = 604_800

    /// Counts from the week of `firstDay`.
    public init(firstDay: WallClock) {
        start = firstDay.startOfWeek
    }

    /// The week of a moment; 0 for every moment before the first week.
    public func week(of moment: WallClock) -> Int {
        Int(max(0, moment.seconds - start.seconds) / Self.secondsPerWeek)
    }

    /// Midnight at the start of the Monday of a week.
    public func monday(ofWeek week: Int) -> WallClock {
        WallClock(seconds: start.seconds + Int64(week) * Self.secondsPerWeek)
    }
}
