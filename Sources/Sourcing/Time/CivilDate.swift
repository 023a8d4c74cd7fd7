import Domain

/// A day of the Gregorian calendar, in no zone.
public struct CivilDate: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public var days: Int

    /// Makes the day that is this many days after 1970-01-01.
    public init(days: Int) {
        self.days = days
    }

    /// Reads `YYYY-MM-DD`; nil for anything else and for days that do not exist.
    public init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]),
            (1...12).contains(month), (1...31).contains(day)
        else { return nil }
        days = Int(Gregorian.day(year: year, month: month, day: day))
        if description != text { return nil }
    }

    /// The day as `YYYY-MM-DD`.
    public var description: String {
        let (year, month, day) = Gregorian.date(ofDay: Int64(days))
        let digits = "\(year)"
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            + "-\(CivilDate.two(month))-\(CivilDate.two(day))"
    }

    /// The day of the week.
    public var weekday: Weekday {
        // 1970-01-01 was a Thursday.
        Weekday.allCases[((days + 3) % 7 + 7) % 7]
    }

    /// The day after.
    public var next: CivilDate { CivilDate(days: days + 1) }

    /// The earlier of two days is the lesser.
    public static func < (left: CivilDate, right: CivilDate) -> Bool { left.days < right.days }

    static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}

/// A day of the week, by its name in files.
public enum Weekday: String, CaseIterable, Sendable {
    /// Monday.
    case monday = "mon"
    /// Tuesday.
    case tuesday = "tue"
    /// Wednesday.
    case wednesday = "wed"
    /// Thursday.
    case thursday = "thu"
    /// Friday.
    case friday = "fri"
    /// Saturday.
    case saturday = "sat"
    /// Sunday.
    case sunday = "sun"
}

/// A time of day on the clock, to the minute; 24:00 is the end of the day.
public struct ClockTime: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Minutes since midnight, 0 to 1,440.
    public var minutes: Int

    /// The end of the day.
    public static let endOfDay = ClockTime(minutes: 1_440)

    /// Makes a time of minutes since midnight.
    public init(minutes: Int) {
        precondition((0...1_440).contains(minutes), "a time of day lies within the day")
        self.minutes = minutes
    }

    /// Reads `HH:MM`, from `00:00` to `24:00`; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), minutes < 60, hours * 60 + minutes <= 1_440
        else { return nil }
        self.minutes = hours * 60 + minutes
    }

    /// The time as `HH:MM`.
    public var description: String { "\(CivilDate.two(minutes / 60)):\(CivilDate.two(minutes % 60))" }

    /// The earlier of two times is the lesser.
    public static func < (left: ClockTime, right: ClockTime) -> Bool { left.minutes < right.minutes }
}
