/// Whether a link can take commands.
public enum RedisLinkState: Hashable, Sendable {
    /// Connected and greeted.
    ///
    /// `runID` is the server's `run_id`, 40 hexadecimal digits that are drawn anew whenever a Redis process starts: another
    /// value means another process, whose memory holds nothing that the former one was told.
    case connected(runID: String)

    /// Not connected; the link tries again by itself unless it was shut down.
    case disconnected(reason: RedisError)

    /// Whether the link can take commands.
    public var isConnected: Bool {
        guard case .connected = self else { return false }
        return true
    }
}
