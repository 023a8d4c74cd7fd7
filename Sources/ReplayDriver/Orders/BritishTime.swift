package import Replay

/// The time of Britain's clocks since 1996: an hour ahead of UTC from the last Sunday of March, 01:00 UTC, to the last
/// Sunday of October, 01:00 UTC.
package enum BritishTime {
    private static let secondsPerHour: Int64 = 3_600

    /// Seconds since 1970-01-01 00:00 UTC at which a clock on a wall in Britain showed `moment`.
    ///
    /// Of the hour that comes twice in October it is the first; the hour that March leaves out is taken as winter time.
    package static func secondsUTC(of moment: WallClock) -> Int64 {
        let asSummer = moment.seconds - secondsPerHour
        let year = moment.date.year
        guard let start = lastSunday(year: year, month: 3), let end = lastSunday(year: year, month: 10) else {
            return moment.seconds
        }
        let isSummer = asSummer >= start + secondsPerHour && asSummer < end + secondsPerHour
        return isSummer ? asSummer : moment.seconds
    }

    /// Midnight UTC at the start of the last Sunday of a month of 31 days.
    private static func lastSunday(year: Int, month: Int) -> Int64? {
        guard let lastDay = WallClock(year: year, month: month, day: 31) else { return nil }
        // 1970-01-01 was a Thursday, four days after a Sunday.
        let daysPastSunday = (lastDay.dayNumber + 4) % 7
        return lastDay.seconds - daysPastSunday * 86_400
    }
}
