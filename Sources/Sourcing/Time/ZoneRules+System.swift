public import Domain
internal import Foundation

extension ZoneRules {
    /// Days before the moment of planning, and after it, that rules of the system cover.
    public static let window = -2...120

    /// The rules that this system knows for a zone around a moment; nil for a name that it does not know.
    ///
    /// An empty name is UTC. The rest of the target knows neither this system nor its clock.
    public static func system(_ name: String, around moment: Instant) -> ZoneRules? {
        guard let zone = TimeZone(identifier: name.isEmpty ? "UTC" : name) else { return nil }
        func offset(_ seconds: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds))))
        }
        let now = ZoneRules.floor(moment.microseconds, 1_000_000)
        var last = now + Int64(window.lowerBound) * 86_400
        var spans = [Span(start: last, offset: offset(last))]
        while last < now + Int64(window.upperBound) * 86_400 {
            let next = last + 43_200
            if offset(next) != offset(last) {
                // The first second of the new offset lies in (low, high].
                var (low, high) = (last, next)
                while high - low > 1 {
                    let middle = low + (high - low) / 2
                    if offset(middle) == offset(last) { low = middle } else { high = middle }
                }
                spans.append(Span(start: high, offset: offset(high)))
            }
            last = next
        }
        return ZoneRules(name: name, spans: spans)
    }
}
