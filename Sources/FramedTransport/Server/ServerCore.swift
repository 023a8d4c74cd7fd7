import Logging
import NIOCore
import Synchronization

/// What all connections of one server share.
final class ServerCore: Sendable {
    let configuration: FramedServerConfiguration
    let methods: MethodTable
    let logger: Logger
    private let orders: AsyncStream<TaskLaneOrder>.Continuation
    private let taskLaneCalls = Atomic<Int>(0)

    init(
        configuration: FramedServerConfiguration, methods: MethodTable, logger: Logger,
        orders: AsyncStream<TaskLaneOrder>.Continuation
    ) {
        self.configuration = configuration
        self.methods = methods
        self.logger = logger
        self.orders = orders
    }

    /// Takes a place on the task lane; `false` when all are taken.
    func enterTaskLane() -> Bool {
        let (_, calls) = taskLaneCalls.add(1, ordering: .relaxed)
        guard calls <= configuration.maxTaskLaneCalls else {
            leaveTaskLane()
            return false
        }
        return true
    }

    /// Gives back a place on the task lane.
    func leaveTaskLane() {
        taskLaneCalls.subtract(1, ordering: .relaxed)
    }

    /// Has a task started for a call; `false` when the server does not start any more.
    func start(_ order: TaskLaneOrder) -> Bool {
        if case .enqueued = orders.yield(order) { return true }
        return false
    }

    /// No task is started any more.
    func finishOrders() {
        orders.finish()
    }
}
