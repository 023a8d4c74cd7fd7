/// Breadth-first search over all states of a system, so that the first violation met is one of the nearest.
///
/// States lie in one array in the order in which they were met, which is also the queue; beside it a parent index each.
/// A run's steps are not kept: they are found again along the one path that is asked for. Of states that stand for each
/// other one is kept.
package struct Explorer<System: TransitionSystem> {
    private let system: System
    private let bound: Int
    private var visited: VisitedStates<System.State>

    /// How a search ended.
    package enum Outcome {
        /// Every reachable state was met and none breaks a promise.
        case exhausted
        /// The shortest way to a violation.
        case violated(System.Violation, path: [Successor<System.Step, System.State>])
        /// More states than allowed: nothing is proven.
        case boundReached
    }

    /// What a search did.
    package struct Report {
        /// How it ended.
        package var outcome: Outcome
        /// States met.
        package var states: Int
        /// Steps from the initial state to the farthest state met.
        package var depth: Int
    }

    /// Prepares a search that gives up beyond `bound` states.
    package init(_ system: System, bound: Int) {
        self.system = system
        self.bound = bound
        visited = VisitedStates()
    }

    /// Searches.
    ///
    /// `observe` sees every step taken.
    package mutating func run(observe: (System.Step) -> Void) -> Report {
        _ = visited.insert(system.canonical(system.initial), parent: 0)
        var next: [Successor<System.Step, System.State>] = []
        var current = 0
        var depth = 0
        var levelEnd = 1
        while current < visited.count {
            if current == levelEnd {
                depth += 1
                levelEnd = visited.count
            }
            let state = visited[current]
            next.removeAll(keepingCapacity: true)
            system.successors(of: state, into: &next)
            for successor in next {
                observe(successor.step)
                if let violation = system.violation(from: state, to: successor.state) {
                    let path = path(to: current, then: successor.state)
                    return Report(outcome: .violated(violation, path: path), states: visited.count, depth: path.count)
                }
                _ = visited.insert(system.canonical(successor.state), parent: current)
            }
            if visited.count > bound { return Report(outcome: .boundReached, states: visited.count, depth: depth) }
            current += 1
        }
        return Report(outcome: .exhausted, states: visited.count, depth: depth)
    }

    /// A way to a state and one step beyond it to `last`, under the names that it begins with: states on the way are stood
    /// for by those that were kept.
    private func path(to index: Int, then last: System.State) -> [Successor<System.Step, System.State>] {
        var chain: [System.State] = []
        var index = index
        while index != 0 {
            chain.append(visited[index])
            index = visited.parent(of: index)
        }
        var path: [Successor<System.Step, System.State>] = []
        var state = system.initial
        var next: [Successor<System.Step, System.State>] = []
        let ways = chain.reversed() + [system.canonical(last)]
        for (number, kept) in ways.enumerated() {
            next.removeAll(keepingCapacity: true)
            system.successors(of: state, into: &next)
            let successor = next.first { successor in
                system.canonical(successor.state) == kept
                    && (number < ways.count - 1 || system.violation(from: state, to: successor.state) != nil)
            }
            guard let successor else { preconditionFailure("what stands for a state must have its successors") }
            path.append(successor)
            state = successor.state
        }
        return path
    }
}
