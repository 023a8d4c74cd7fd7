/// Looks for alarms in what servers have logged.
///
/// A server logs as `critical` only what a broken promise alone can cause: a Redis that admits more than PostgreSQL has,
/// that admits twice under one number, or a PostgreSQL that has forgotten something. No fault of a run is an excuse.
package enum AlarmCheck {
    /// Finds alarms; one line of the same words counts once for each server.
    ///
    /// - Parameters:
    ///   - log: what a server has written, one event a line.
    ///   - server: its number.
    /// - Returns: a violation for each kind of alarm.
    package static func violations(in log: String, of server: Int) -> [Violation] {
        var seen: Set<Substring> = []
        return log.split(separator: "\n").compactMap { line in
            // 2026-11-24T09:30:00.125Z critical holdfast.server: words name=value
            let parts = line.split(separator: " ", maxSplits: 3)
            guard parts.count == 4, parts[1] == "critical", parts[2].hasSuffix(":") else { return nil }
            let words = parts[3].prefix { $0 != "=" && $0 != ";" }
            guard seen.insert(words).inserted else { return nil }
            return Violation(.alarm, "server \(server) raised the alarm: \(line)")
        }
    }
}
