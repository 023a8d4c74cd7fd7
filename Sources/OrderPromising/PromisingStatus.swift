/// How order promising stands at one moment.
public struct PromisingStatus: Sendable, Hashable {
    /// Whether stock is admitted.
    public enum Admission: String, Sendable, Hashable, CaseIterable {
        /// Redis cannot be reached, or nothing was loaded yet.
        case closed
        /// Redis is being loaded.
        case rebuilding
        /// Every part of the stock is open for promises.
        case open
    }

    /// Whether stock is admitted.
    public var admission: Admission
    /// Why the last rebuild was asked for.
    public var reason: String
    /// Parts of the stock that are open here.
    public var openVShards: Int
    /// Those of them that PostgreSQL decides alone, because Redis is away or was until now.
    public var ledgerVShards: Int
    /// Parts of the stock; 0 until the ledger has told.
    public var vshards: Int
    /// Articles at locations that are known here.
    public var cells: Int
    /// Why Redis is not used although it answers; `nil` where it is.
    public var redisRefusal: RedisRefusal?
    /// How long ago PostgreSQL last answered the sweeper; `nil` before the first time.
    public var sinceLedgerAnswered: Duration?
}
