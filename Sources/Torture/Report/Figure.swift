/// Figures as a report prints them.
enum Figure {
    static func decimal(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int64((value * scale).rounded())
        let fraction = String(abs(scaled) % Int64(scale))
        return "\(scaled / Int64(scale))." + String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A time in seconds with milliseconds, and how long it was.
    static func span(_ began: Int64, _ ended: Int64) -> String {
        let start = decimal(Double(began) / 1e9, 3)
        return String(repeating: " ", count: max(0, 9 - start.count)) + "\(start) s +\((ended - began) / 1_000_000) ms"
    }
}
