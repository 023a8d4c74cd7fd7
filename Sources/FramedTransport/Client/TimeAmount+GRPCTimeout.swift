package import NIOCore

extension TimeAmount {
    /// Reads a timeout as gRPC writes it: up to eight digits and a unit, `H M S m u n`.
    package init?(grpcTimeout text: String) {
        guard let unit = text.utf8.last, (2...9).contains(text.utf8.count), let amount = Int64(text.dropLast()),
            amount >= 0
        else { return nil }
        let nanoseconds: Int64
        switch unit {
        case UInt8(ascii: "H"): nanoseconds = 3_600_000_000_000
        case UInt8(ascii: "M"): nanoseconds = 60_000_000_000
        case UInt8(ascii: "S"): nanoseconds = 1_000_000_000
        case UInt8(ascii: "m"): nanoseconds = 1_000_000
        case UInt8(ascii: "u"): nanoseconds = 1_000
        case UInt8(ascii: "n"): nanoseconds = 1
        default: return nil
        }
        let (product, overflow) = amount.multipliedReportingOverflow(by: nanoseconds)
        self = .nanoseconds(overflow ? .max : product)
    }

    /// The length of `duration`, as far as 64 bits of nanoseconds reach.
    init(clamping duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        if overflow || carry {
            self = .nanoseconds(seconds < 0 ? .min : .max)
        } else {
            self = .nanoseconds(sum)
        }
    }
}
