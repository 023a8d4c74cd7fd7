import ArgumentParser
import SwiftProtobuf

/// A moment as written on the command line: RFC 3339, such as `2026-11-24T09:30:00Z`.
struct Moment: Hashable, Sendable, ExpressibleByArgument {
    /// The same as the contract writes it.
    var proto: Google_Protobuf_Timestamp

    /// Reads an RFC 3339 moment.
    init?(argument: String) {
        guard !argument.contains("\"") && !argument.contains("\\") else { return nil }
        do {
            proto = try Google_Protobuf_Timestamp(jsonString: "\"\(argument)\"")
        } catch {
            return nil
        }
    }
}

extension Google_Protobuf_Timestamp {
    /// The moment for people, to the second, in UTC: `2026-11-24 09:30:00Z`.
    var shown: String {
        // Days since 1970-01-01 to a date of the Gregorian calendar, counting years from March.
        let days = (seconds >= 0 ? seconds : seconds - 86_399) / 86_400
        let second = seconds - days * 86_400
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(day)) \(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }
}
