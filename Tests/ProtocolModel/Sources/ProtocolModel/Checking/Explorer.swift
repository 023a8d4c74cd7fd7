/// Breadth-first search over all states of a system, so that the first violation met is one of the nearest.
///
/// States lie in one array in the order in which they were met, which is also the queue; beside it a parent index each.
/// A run's steps are not kept: they are found again along the one path that is asked for.
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
        _ = visited.insert(system.initial, parent: 0)
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
                    let path = path(to: current) + [successor]
                    return Report(outcome: .violated(violation, path: path), states: visited.count, depth: path.count)
                }
                _ = visited.insert(successor.state, parent: current)
            }
            if visited.count > bound { return Report(outcome: .boundReached, states: visited.count, depth: depth) }
            current += 1
        }
        return Report(outcome: .exhausted, states: visited.count, depth: depth)
    }

    private func path(to index: Int) -> [Successor<System.Step, System.State>] {
        var chain: [Int] = []
        var index = index
        while index != 0 {
            chain.append(index)
            index = visited.parent(of: index)
        }
        var path: [Successor<System.Step, System.State>] = []
        var state = system.initial
        var next: [Successor<System.Step, System.State>] = []
        for index in chain.reversed() {
            next.removeAll(keepingCapacity: true)
            system.successors(of: state, into: &next)
            guard let successor = next.first(where: { $0.state == visited[index] }) else {
                preconditionFailure("a system must give the same successors every time")
            }
            path.append(successor)
            state = successor.state
        }
        return path
    }
}
