import Logging
import NIOCore
import Synchronization

/// What all connections of one server share.
final class ServerCore: Sendable {
    let configuration: FramedServerConfiguration
    let methods: MethodTable
    let logger: Logger
    let authenticator: (any FramedAuthenticator)?
    let observer: (any FramedServerObserver)?
    let holders = CallHolders()
    let lightCallers: LightCallers
    private let shares = Mutex<[ObjectIdentifier: NIOLoopBound<LoopShare>]>([:])
    private let orders: AsyncStream<TaskLaneOrder>.Continuation
    private let taskLane: TaskLaneGauge

    init(
        configuration: FramedServerConfiguration, methods: MethodTable, logger: Logger,
        authenticator: (any FramedAuthenticator)?, observer: (any FramedServerObserver)?, taskLane: TaskLaneGauge,
        orders: AsyncStream<TaskLaneOrder>.Continuation
    ) {
        self.configuration = configuration
        lightCallers = LightCallers(busyTime: configuration.busyTime)
        self.methods = methods
        self.logger = logger
        self.authenticator = authenticator
        self.observer = observer
        self.taskLane = taskLane
        self.orders = orders
    }

    /// What the connections of an event loop share; asked for on that loop.
    func share(of eventLoop: any EventLoop) -> LoopShare {
        shares.withLock { shares in
            if let share = shares[ObjectIdentifier(eventLoop)] { return share.value }
            let share = LoopShare(busyTime: configuration.busyTime)
            shares[ObjectIdentifier(eventLoop)] = NIOLoopBound(share, eventLoop: eventLoop)
            return share
        }
    }

    /// Takes a place on the task lane; `false` when all are taken.
    ///
    /// When three quarters are taken, an eighth of them is the most that one holder gets, so that a flood leaves places
    /// for others.
    func enterTaskLane(_ holder: CallHolder) -> Bool {
        let limit = configuration.maxTaskLaneCalls
        if taskLane.count >= limit - limit / 4, holder.taskCount >= max(1, limit / 8) { return false }
        guard taskLane.enter(limit: limit) else { return false }
        holder.enterTask()
        return true
    }

    /// Gives back a place on the task lane.
    func leaveTaskLane(_ holder: CallHolder) {
        holder.leaveTask()
        taskLane.leave()
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

/// Counts the calls of the task lane.
final class TaskLaneGauge: Sendable {
    private let calls = Atomic<Int>(0)

    /// Calls right now.
    var count: Int { calls.load(ordering: .relaxed) }

    /// Counts one more call unless there are `limit` already.
    func enter(limit: Int) -> Bool {
        guard calls.add(1, ordering: .relaxed).newValue <= limit else {
            leave()
            return false
        }
        return true
    }

    /// Counts one call less.
    func leave() {
        calls.subtract(1, ordering: .relaxed)
    }
}
