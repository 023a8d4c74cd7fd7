public import Domain
internal import Foundation
import Synchronization

extension ZoneRules {
    /// Days before the moment of planning, and after it, that rules of the system cover.
    public static let window = -2...120

    /// The rules that this system knows for a zone around a moment; nil for a name that it does not know.
    ///
    /// An empty name is UTC. The rest of the target knows neither this system nor its clock. Rules are kept for the day, so
    /// that they are found once and not for every order.
    public static func system(_ name: String, around moment: Instant) -> ZoneRules? {
        let key = KnownRules.Key(zone: name, day: ZoneRules.floor(moment.microseconds, 86_400_000_000))
        if let rules = known.withLock({ $0.rules[key] }) { return rules }
        guard let rules = found(name, around: Instant(microseconds: key.day * 86_400_000_000)) else { return nil }
        known.withLock { known in
            if known.rules.count >= KnownRules.bound { known.rules = [:] }
            known.rules[key] = rules
        }
        return rules
    }

    private struct KnownRules {
        struct Key: Hashable {
            var zone: String
            var day: Int64
        }

        static let bound = 1_000
        var rules: [Key: ZoneRules] = [:]
    }

    private static let known = Mutex(KnownRules())

    private static func found(_ name: String, around moment: Instant) -> ZoneRules? {
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
