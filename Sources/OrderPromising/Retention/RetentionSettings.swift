import Ledger

/// How long rows stay that only make repetitions safe, and events.
public struct RetentionSettings: Sendable {
    /// How long, in seconds, at least a day's.
    ///
    /// Default 7 days.
    public var seconds: Int64 = 7 * 86_400
    /// How long events can be read, in seconds, at least a day's.
    ///
    /// Default 30 days.
    public var eventSeconds: Int64 = 30 * 86_400
    /// Pause between two looks for rows that have been kept long enough.
    ///
    /// Default 60 s.
    public var interval: Duration = .seconds(60)
    /// Most rows that one statement deletes, 1 to 10,000.
    ///
    /// Default 1,000.
    public var portion: Int32 = 1_000

    /// How long rows of a kind stay, in seconds.
    func seconds(_ rows: RetainedRows) -> Int64 { rows == .outbox ? eventSeconds : seconds }

    /// The defaults.
    public init() {}
}
