import ArgumentParser
import Domain
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
        let days = Gregorian.floorDivide(seconds, 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = Gregorian.date(ofDay: days)
        func two(_ value: some BinaryInteger) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(day)) \(two(second / 3_600)):\(two(second / 60 % 60)):\(two(second % 60))Z"
    }
}
