/// How long rows stay that only make repetitions safe.
public struct RetentionSettings: Sendable {
    /// How long, in seconds, at least a day's.
    ///
    /// Default 7 days.
    public var seconds: Int64 = 7 * 86_400
    /// Pause between two looks for rows that have been kept long enough.
    ///
    /// Default 60 s.
    public var interval: Duration = .seconds(60)
    /// Most rows that one statement deletes, 1 to 10,000.
    ///
    /// Default 1,000.
    public var portion: Int32 = 1_000

    /// The defaults.
    public init() {}
}
