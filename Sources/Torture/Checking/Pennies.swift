/// Amounts in pence, worked out apart from the service.
enum Pennies {
    /// quantity x (units + nanos / 10⁹) pounds in pence, rounded half to even.
    ///
    /// Exact for the prices and quantities of a run.
    static func amount(units: Int64, nanos: Int32, quantity: Int64) -> Int64 {
        let divisor: Int64 = 10_000_000
        let nanos = (units * 1_000_000_000 + Int64(nanos)) * quantity
        let (whole, rest) = nanos.quotientAndRemainder(dividingBy: divisor)
        if rest * 2 > divisor || (rest * 2 == divisor && whole % 2 != 0) { return whole + 1 }
        return whole
    }
}
