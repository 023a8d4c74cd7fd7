/// One server's attempt at an operation.
///
/// A crashed server is an attempt that makes no further step: the model never forces one.
struct Attempt {
    var packed: UInt16

    /// How far an attempt is.
    enum Stage: Int {
        case idle
        /// Some parts are taken, others not yet.
        case taking
        /// All parts are taken; the transaction is on its way and may arrive at any time.
        case journalling
        /// The transaction is committed and the client knows.
        case acknowledged
        /// It will not commit: parts it took anew go back by `untake`.
        case gaveUp
        /// One part is short and another was there already: a tombstone must come before that one goes back.
        case burying
        /// The transaction met a row in a final state.
        case metFinal
        /// The transaction has joined the fence and read that epochs and modes are as it needs them.
        case joined
    }

    /// What became of one part.
    enum Part: Int {
        case open
        case new
        case exists
        case short
        /// Nothing can follow from it any more.
        case closed
        /// Not taken in Redis: PostgreSQL decides on it in the transaction.
        case direct
    }

    var stage: Stage {
        @inline(__always) get {
            guard let stage = Stage(rawValue: packed.bits(0, 3)) else { preconditionFailure("no such stage") }
            return stage
        }
        @inline(__always) set { packed.setBits(0, 3, to: newValue.rawValue) }
    }

    @inline(__always)
    func part(_ index: Int) -> Part {
        guard let part = Part(rawValue: packed.bits(3 + 3 * index, 3)) else { preconditionFailure("no such part") }
        return part
    }

    @inline(__always)
    mutating func setPart(_ index: Int, _ part: Part) { packed.setBits(3 + 3 * index, 3, to: part.rawValue) }

    /// The epoch that a part was taken under.
    @inline(__always)
    func epoch(_ index: Int) -> Int { packed.bits(9 + 3 * index, 3) }

    @inline(__always)
    mutating func setEpoch(_ index: Int, _ epoch: Int) { packed.setBits(9 + 3 * index, 3, to: epoch) }

    /// True where nothing was taken in Redis.
    @inline(__always)
    func isDirect(parts: Int) -> Bool { (0..<parts).allSatisfy { part($0) == .direct } }

    /// A forced take left the figure below zero.
    var strained: Bool {
        @inline(__always) get { packed.bits(15, 1) == 1 }
        @inline(__always) set { packed.setBits(15, 1, to: newValue ? 1 : 0) }
    }

    /// An attempt that ended in `stage` and from whose parts nothing follows.
    @inline(__always)
    static func ended(_ stage: Stage) -> Attempt {
        var attempt = Attempt(packed: 0)
        attempt.stage = stage
        attempt.setPart(0, .closed)
        attempt.setPart(1, .closed)
        return attempt
    }

    /// Gives up: only what it may untake, or has not heard of yet, still matters.
    @inline(__always)
    func givenUp(_ stage: Stage = .gaveUp, untakesExists: Bool = false) -> Attempt {
        var attempt = Attempt(packed: 0)
        attempt.stage = stage
        for index in 0..<2 {
            let part = self.part(index)
            let matters = part == .new || part == .open || (part == .exists && untakesExists)
            attempt.setPart(index, matters ? part : .closed)
        }
        return attempt
    }
}
