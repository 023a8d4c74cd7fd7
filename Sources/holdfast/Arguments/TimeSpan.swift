import ArgumentParser
import SwiftProtobuf

/// A length of time as it is written on the command line: `500ms`, `90s`, `15m`, `2h`, `1d`.
struct TimeSpan: Hashable, Sendable, ExpressibleByArgument, CustomStringConvertible {
    /// Milliseconds, at least 0.
    var milliseconds: Int64

    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Makes a span.
    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Reads a whole number with its unit.
    init?(argument: String) {
        for unit in TimeSpan.units where argument.hasSuffix(unit.suffix) {
            let number = argument.dropLast(unit.suffix.count)
            guard let count = Int64(number), count >= 0 else { continue }
            let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
            if overflow { return nil }
            self.init(milliseconds: milliseconds)
            return
        }
        return nil
    }

    /// The span in its largest whole unit.
    var description: String {
        let unit = TimeSpan.units.last { milliseconds % $0.milliseconds == 0 && milliseconds >= $0.milliseconds }
        guard let unit else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }

    /// The same as the contract writes it.
    var proto: Google_Protobuf_Duration {
        Google_Protobuf_Duration(
            seconds: milliseconds / 1_000, nanos: Int32(milliseconds % 1_000) * 1_000_000)
    }
}
