/// What one search of the protocol found.
package struct CheckResult: Sendable {
    /// How it ended.
    package enum Verdict: Sendable {
        /// Every reachable state was met; all promises hold.
        case exhausted
        /// A promise can be broken.
        case violated(CounterExample)
        /// The bound on states came first: nothing is proven.
        case boundReached
    }

    /// How it ended.
    package var verdict: Verdict
    /// States met.
    package var states: Int
    /// Steps to the farthest state, or to the violation.
    package var depth: Int
    /// The kinds of steps met.
    package var kinds: Set<StepKind>
}

extension Model {
    /// Searches all states, in breadth; gives up beyond `bound`.
    package func check(bound: Int = 40_000_000) -> CheckResult {
        var explorer = Explorer(self, bound: bound)
        var kinds: UInt64 = 0
        let report = explorer.run { kinds |= 1 << UInt64($0.kind.rawValue) }
        let verdict: CheckResult.Verdict =
            switch report.outcome {
            case .exhausted: .exhausted
            case .violated(let violation, let path):
                .violated(CounterExample(violation: violation, path: path, model: self))
            case .boundReached: .boundReached
            }
        return CheckResult(
            verdict: verdict, states: report.states, depth: report.depth,
            kinds: Set(StepKind.allCases.filter { kinds & (1 << UInt64($0.rawValue)) != 0 }))
    }
}
