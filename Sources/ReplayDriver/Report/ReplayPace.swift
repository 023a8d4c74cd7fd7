import Replay

/// How fast a replay went.
public struct ReplayPace: Hashable, Sendable {
    /// Terminals at work.
    public let workers: Int
    /// Time from the first call to the last operation, in milliseconds.
    public let milliseconds: Int64
    /// Orders that this run placed.
    public let ordersPlaced: Int
    /// Calls that were answered.
    public let calls: Int
    /// Attempts that had to be repeated.
    public let repeated: Int

    var json: JSONValue {
        .object([
            .init("workers", .count(workers)),
            .init("seconds", .string(Decimals.text(milliseconds, decimals: 3))),
            .init("orders_placed", .count(ordersPlaced)),
            .init("orders_per_second", .string(perSecond(ordersPlaced))),
            .init("calls", .count(calls)),
            .init("calls_per_second", .string(perSecond(calls))),
            .init("calls_repeated", .count(repeated)),
        ])
    }

    /// A count per second with one decimal; 0.0 where no time has passed.
    func perSecond(_ count: Int) -> String {
        milliseconds > 0 ? Decimals.text(Int64(count) * 10_000 / milliseconds, decimals: 1) : "0.0"
    }
}

/// Writes whole numbers of decimal parts as decimals.
enum Decimals {
    /// A count of parts, of which ten to the power of `decimals` make a whole, with that many decimals.
    static func text(_ parts: Int64, decimals: Int) -> String {
        var scale: Int64 = 1
        for _ in 0..<decimals { scale *= 10 }
        let fraction = String(parts % scale)
        return "\(parts / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}
