/// Which vshard is loaded anew when: each once in an interval, evenly spread, in turn.
///
/// The plan follows the clock and remembers nothing, so it is the same on every server and after every restart.
struct ScrubPlan {
    private let step: Int64
    private let vshards: Int64
    private var last: Int64?

    /// Makes a plan for an interval in microseconds.
    init(microseconds: Int64, vshards: Int) {
        self.vshards = Int64(max(1, vshards))
        step = max(1, microseconds / self.vshards)
    }

    /// How long a turn lasts, in microseconds.
    var turn: Int64 { step }

    /// The vshard whose turn has begun since the last question, if one has; never at the first question.
    mutating func next(at microseconds: Int64) -> Int? {
        let slot = microseconds / step
        defer { last = slot }
        guard let last, slot > last else { return nil }
        return Int(slot % vshards)
    }
}
