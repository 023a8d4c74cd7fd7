public import Domain

/// What the doctor did and found.
public struct DoctorReport: Sendable {
    /// One repair.
    public struct Repair: Hashable, Sendable {
        /// What was put right.
        public var subject: String
        /// What was done.
        public var done: String

        /// Makes a repair.
        public init(_ subject: String, _ done: String) {
            self.subject = subject
            self.done = done
        }
    }

    /// A part of the stock as both stores have it.
    public struct VShardState: Hashable, Sendable {
        /// Its number.
        public var vshard: VShard
        /// The epoch that PostgreSQL has.
        public var epoch: Int64
        /// True where PostgreSQL decides alone.
        public var isDecidedByLedger: Bool
        /// The epoch that the Redis process admits under; 0 for none, `nil` where Redis cannot be asked.
        public var armedEpoch: Int64?
        /// The epoch that the keys in Redis belong to.
        public var loadedEpoch: Int64?
        /// Admitting calls in that epoch.
        public var calls: Int64?

        /// True where it promises.
        public var isOpen: Bool { isDecidedByLedger || (armedEpoch == epoch && loadedEpoch == epoch) }
    }

    /// Repairs in the order in which they were made, also where a later one broke off; empty where none was asked for.
    public var repairs: [Repair] = []
    /// Findings in the order of the examination, made after the repairs.
    public var findings: [Finding] = []
    /// Every part of the stock; empty where PostgreSQL cannot tell, or the Redis is not the deployment's.
    public var vshards: [VShardState] = []
}

/// What the doctor may change.
public struct DoctorRepairs: Sendable {
    /// Whether to make the ordinary repairs.
    public var ordinary: Bool
    /// Whether to make this Redis, under this key prefix, the deployment's own, whoever had it before.
    public var takesRedis: Bool

    /// Nothing: only looks.
    public static let none = DoctorRepairs(ordinary: false, takesRedis: false)

    /// Makes a choice.
    public init(ordinary: Bool, takesRedis: Bool) {
        self.ordinary = ordinary
        self.takesRedis = takesRedis
    }
}
