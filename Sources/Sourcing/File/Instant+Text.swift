internal import Domain

extension Instant {
    /// Reads RFC 3339, such as `2026-11-26T14:05:00Z` or `2026-11-26T15:05:00+01:00`; nil for anything else.
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T") || bytes[10] == UInt8(ascii: "t"),
            let date = CivilDate(String(text.prefix(10))),
            let time = ClockTime(String(decoding: bytes[11..<16], as: UTF8.self)), time < .endOfDay,
            bytes[16] == UInt8(ascii: ":"),
            let seconds = Instant.digits(bytes[17..<19]), seconds < 60
        else { return nil }
        var rest = bytes[19...]
        var fraction: Int64 = 0
        if rest.first == UInt8(ascii: ".") {
            let places = rest.dropFirst().prefix { (48...57).contains($0) }
            guard (1...6).contains(places.count), let value = Instant.digits(places) else { return nil }
            fraction = (places.count..<6).reduce(value) { value, _ in value * 10 }
            rest = rest.dropFirst(places.count + 1)
        }
        var offset: Int64 = 0
        if rest.count == 6, let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            guard let ahead = ClockTime(String(decoding: rest.dropFirst(), as: UTF8.self)), ahead < .endOfDay else {
                return nil
            }
            offset = Int64(ahead.minutes) * (sign == UInt8(ascii: "+") ? 60 : -60)
        } else if rest.map({ $0 | 0x20 }) != [UInt8(ascii: "z")] {
            return nil
        }
        let whole = Int64(date.days) * 86_400 + Int64(time.minutes) * 60 + seconds - offset
        self.init(microseconds: whole * 1_000_000 + fraction)
    }

    private static func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
        guard bytes.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int64(String(decoding: bytes, as: UTF8.self))
    }

    /// The moment as RFC 3339 in UTC.
    var rfc3339: String {
        let seconds = ZoneRules.floor(microseconds, 1_000_000)
        let days = ZoneRules.floor(seconds, 86_400)
        let second = Int(seconds - days * 86_400)
        let time = ClockTime(minutes: second / 60)
        let fraction = "\(microseconds - seconds * 1_000_000)"
        let places = fraction == "0" ? "" : "." + String(repeating: "0", count: 6 - fraction.count) + fraction
        return "\(CivilDate(days: Int(days)))T\(time):\(CivilDate.two(second % 60))\(places)Z"
    }
}
