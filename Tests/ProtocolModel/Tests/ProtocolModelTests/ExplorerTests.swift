import ProtocolModel
import Testing

/// Points of a square, one step up or right at a time; some points are forbidden.
private struct Walk: TransitionSystem {
    struct Point: Fingerprinted {
        var x: Int
        var y: Int
        /// All equal where collisions are wanted.
        var fingerprint: UInt64
    }
    enum Direction { case right, up, home }

    var side: Int
    var forbidden: (Int, Int)?
    var collides = false

    private func point(_ x: Int, _ y: Int) -> Point {
        Point(x: x, y: y, fingerprint: collides ? 7 : UInt64(x * 1_000 + y) &* 0x9E37_79B9_7F4A_7C15)
    }

    var initial: Point { point(0, 0) }

    func successors(of state: Point, into next: inout [Successor<Direction, Point>]) {
        if state.x < side { next.append(Successor(step: .right, state: point(state.x + 1, state.y))) }
        if state.y < side { next.append(Successor(step: .up, state: point(state.x, state.y + 1))) }
        next.append(Successor(step: .home, state: point(0, 0)))
    }

    func violation(from before: Point, to after: Point) -> String? {
        guard let forbidden, after.x == forbidden.0, after.y == forbidden.1 else { return nil }
        return "\(before.x),\(before.y)"
    }
}

@Suite("The explorer")
struct ExplorerTests {
    @Test("meets every state once and knows how far the farthest is", arguments: [false, true])
    func exhausts(collides: Bool) {
        var explorer = Explorer(Walk(side: 70, collides: collides), bound: 100_000)
        var steps = 0
        let report = explorer.run { _ in steps += 1 }
        guard case .exhausted = report.outcome else {
            Issue.record("not exhausted")
            return
        }
        #expect(report.states == 71 * 71)
        #expect(report.depth == 140)
        #expect(steps == 71 * 71 + 2 * 70 * 71)
    }

    @Test("finds a shortest way, and every step of it leads to the state beside it")
    func findsTheShortest() {
        let walk = Walk(side: 40, forbidden: (3, 5))
        var explorer = Explorer(walk, bound: 100_000)
        let report = explorer.run { _ in }
        guard case .violated(_, let path) = report.outcome else {
            Issue.record("not found")
            return
        }
        #expect(path.count == 8)
        var point = walk.initial
        for successor in path {
            let moved = (successor.state.x - point.x) + (successor.state.y - point.y)
            #expect(moved == 1)
            point = successor.state
        }
        #expect(point.x == 3 && point.y == 5)
    }

    @Test("stops at its bound and does not call that a proof")
    func stopsAtTheBound() {
        var explorer = Explorer(Walk(side: 500), bound: 100)
        let report = explorer.run { _ in }
        guard case .boundReached = report.outcome else {
            Issue.record("the bound was not reported")
            return
        }
        #expect(report.states <= 104)
    }
}
