package import Replay

/// Decides which operations of one stage may start: in their order, each after those it depends on.
///
/// Operations of other stages that one depends on are done already.
package struct StageSchedule {
    private let operations: [Int: ReplayOperation]
    private let order: [Int]
    private var next = 0
    private var released: [Int] = []
    private var waiting: [Int: Int] = [:]
    private var dependents: [Int: [Int]] = [:]
    private var unfinished: Set<Int>

    /// Schedules the operations of one stage.
    package init(_ stage: some Sequence<ReplayOperation>) {
        let operations = Dictionary(stage.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
        self.operations = operations
        order = operations.keys.sorted()
        unfinished = Set(order)
        for operation in operations.values {
            let needed = operation.dependsOn.filter { operations[$0] != nil }
            guard !needed.isEmpty else { continue }
            waiting[operation.index] = needed.count
            for index in needed { dependents[index, default: []].append(operation.index) }
        }
    }

    /// True when every operation has finished.
    package var isDone: Bool { unfinished.isEmpty }

    /// Takes the next operation that may start now; nil while the rest waits for others, and at the end.
    package mutating func start() -> ReplayOperation? {
        if let index = released.popLast() { return operations[index] }
        while next < order.count {
            let index = order[next]
            next += 1
            if waiting[index] == nil { return operations[index] }
        }
        return nil
    }

    /// Notes that an operation has finished.
    package mutating func finish(_ index: Int) {
        unfinished.remove(index)
        for dependent in dependents[index] ?? [] {
            guard let count = waiting[dependent] else { continue }
            waiting[dependent] = count == 1 ? nil : count - 1
            // One that has not come up yet is found in its order.
            if count == 1, dependent < (next < order.count ? order[next] : .max) { released.append(dependent) }
        }
        released.sort(by: >)
    }
}
