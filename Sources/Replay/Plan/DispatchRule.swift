/// The rule by which the replay's shop sends goods out: at the end of the next working day.
///
/// The books tell when an order was entered and when it was cancelled, but not when its goods left. The rule decides it
/// from the books' own time alone, and with it what a C invoice is: one that was entered before the goods left cancels the
/// order, a later one sends the goods back.
public struct DispatchRule: Hashable, Sendable {
    /// Hour of the day at which goods leave, 0 to 23; default 18.
    public var hour: Int
    /// Working days after the day of the order on which they leave, at least 0; default 1.
    ///
    /// With 0, what is entered on a working day before the hour leaves the same day, and everything else on the next one.
    public var workingDays: Int

    private static let secondsPerDay: Int64 = 86_400

    /// Sets the rule's figures.
    public init(hour: Int = 18, workingDays: Int = 1) {
        self.hour = min(23, max(0, hour))
        self.workingDays = max(0, workingDays)
    }

    /// When the goods of an order leave that was placed at this moment; Monday to Friday are working days.
    public func leaving(placedAt moment: WallClock) -> WallClock {
        var day = moment.dayNumber
        var left = workingDays
        while left > 0 || !Self.isWorkingDay(day) || at(day) < moment {
            day += 1
            if Self.isWorkingDay(day) { left = max(0, left - 1) }
        }
        return at(day)
    }

    private func at(_ day: Int64) -> WallClock {
        WallClock(seconds: day * Self.secondsPerDay + Int64(hour) * 3_600)
    }

    private static func isWorkingDay(_ day: Int64) -> Bool {
        // 1970-01-01 was a Thursday, three days after a Monday.
        let weekday = (day + 3) % 7
        return (weekday + 7) % 7 < 5
    }
}
