import Domain

/// A date and time of day as a clock on the shop's wall showed it, without a time zone.
public struct WallClock: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Seconds from 1970-01-01 00:00:00 on the same clock, which is taken never to jump.
    public let seconds: Int64

    private static let secondsPerDay: Int64 = 86_400

    /// A moment by its seconds since 1970-01-01 00:00:00.
    public init(seconds: Int64) {
        self.seconds = seconds
    }

    /// A date of the Gregorian calendar and a time of day; nil where there is no such moment or the year is not 1 to 9999.
    public init?(year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        guard (1...9_999).contains(year), (1...12).contains(month),
            day >= 1, day <= Self.daysInMonth(month, of: year),
            (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second)
        else { return nil }
        let time = Int64(hour * 3_600 + minute * 60 + second)
        seconds = Gregorian.day(year: year, month: month, day: day) * Self.secondsPerDay + time
    }

    /// Reads `YYYY-MM-DD HH:MM:SS`; nil for anything else.
    public init?(text: ArraySlice<UInt8>) {
        let bytes = Array(text)
        guard bytes.count == 19, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: " "), bytes[13] == UInt8(ascii: ":"), bytes[16] == UInt8(ascii: ":"),
            let year = Self.number(bytes[0..<4]), let month = Self.number(bytes[5..<7]),
            let day = Self.number(bytes[8..<10]), let hour = Self.number(bytes[11..<13]),
            let minute = Self.number(bytes[14..<16]), let second = Self.number(bytes[17..<19])
        else { return nil }
        self.init(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
    }

    /// Whole days since 1970-01-01.
    public var dayNumber: Int64 { Gregorian.floorDivide(seconds, Self.secondsPerDay) }

    /// Midnight at the start of the Monday of this moment's week.
    public var startOfWeek: WallClock {
        // 1970-01-01 was a Thursday, three days after a Monday.
        let monday = Gregorian.floorDivide(dayNumber + 3, 7) * 7 - 3
        return WallClock(seconds: monday * Self.secondsPerDay)
    }

    /// Year, month and day of the Gregorian calendar.
    public var date: (year: Int, month: Int, day: Int) { Gregorian.date(ofDay: dayNumber) }

    /// The month as `YYYY-MM`.
    public var monthText: String {
        let (year, month, _) = date
        return "\(Self.padded(year, to: 4))-\(Self.padded(month, to: 2))"
    }

    /// The date as `YYYY-MM-DD`.
    public var dateText: String { "\(monthText)-\(Self.padded(date.day, to: 2))" }

    /// The moment as `YYYY-MM-DD HH:MM:SS`.
    public var description: String {
        let time = Int(seconds - dayNumber * Self.secondsPerDay)
        let parts = [time / 3_600, time / 60 % 60, time % 60].map { Self.padded($0, to: 2) }
        return "\(dateText) \(parts.joined(separator: ":"))"
    }

    /// Orders by time.
    public static func < (left: WallClock, right: WallClock) -> Bool { left.seconds < right.seconds }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func daysInMonth(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func padded(_ value: Int, to width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
