import Domain
import SwiftProtobuf

extension Google_Protobuf_Timestamp {
    /// The moment; nil for one that never comes.
    init?(_ instant: Instant) {
        guard instant.microseconds != .max, instant.microseconds != .min else { return nil }
        var seconds = instant.microseconds / 1_000_000
        var rest = instant.microseconds % 1_000_000
        if rest < 0 {
            seconds -= 1
            rest += 1_000_000
        }
        self.init(seconds: seconds, nanos: Int32(rest) * 1_000)
    }
}
