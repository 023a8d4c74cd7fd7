/// How far a replay has come.
public struct ReplayProgress: Hashable, Sendable {
    /// Operations done.
    public let done: Int
    /// Operations in all.
    public let total: Int
    /// The stage that is being carried out, from 1.
    public let stage: Int
    /// Stages in all.
    public let stages: Int
    /// Operations done a second so far; 0 at the start.
    public let perSecond: Int
}
