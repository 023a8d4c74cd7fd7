/// Writes exact quotients as decimals.
enum RoundedQuotient {
    /// The quotient with exactly `decimals` decimals, rounded once, half away from zero.
    ///
    /// Dividing by zero gives zero: a share of nothing is printed as none. Neither operand may exceed 10^37.
    static func text(_ dividend: Int128, dividedBy divisor: Int128, decimals: Int) -> String {
        guard divisor != 0 else { return text(0, dividedBy: 1, decimals: decimals) }
        let parts = divisor.magnitude
        var (whole, remainder) = dividend.magnitude.quotientAndRemainder(dividingBy: parts)
        // Long division, a digit at a time, stays in range where scaling the dividend first would not.
        var fraction: [UInt8] = []
        for _ in 0..<decimals {
            let (digit, rest) = (remainder * 10).quotientAndRemainder(dividingBy: parts)
            fraction.append(UInt8(digit))
            remainder = rest
        }
        // remainder >= parts - remainder asks whether it is half or more.
        if remainder >= parts - remainder { increment(&whole, &fraction) }
        let isZero = whole == 0 && fraction.allSatisfy { $0 == 0 }
        let sign = !isZero && (dividend < 0) != (divisor < 0) ? "-" : ""
        let digits = fraction.map { String($0) }.joined()
        return decimals == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(digits)"
    }

    private static func increment(_ whole: inout UInt128, _ fraction: inout [UInt8]) {
        for index in fraction.indices.reversed() {
            if fraction[index] < 9 {
                fraction[index] += 1
                return
            }
            fraction[index] = 0
        }
        whole += 1
    }
}
