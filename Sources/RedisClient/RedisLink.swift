import CoreMetrics
public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// One connection to Redis on one event loop, which comes back by itself.
///
/// Commands sent on the loop go out pipelined, all those of one tick in one write, and are executed in the order of the
/// calls. While there is no connection they fail at once with ``RedisError/Code/notConnected``. Nothing is ever sent
/// twice: a command whose reply is lost fails with an error whose ``RedisError/isOutcomeUnknown`` is true.
///
/// May be called from anywhere; callers on ``eventLoop`` pay no hop.
public final class RedisLink: @unchecked Sendable {
    // Unchecked because everything that changes is touched on `eventLoop` alone, which each entry point sees to.

    private enum Phase {
        case idle
        case connecting
        case greeting(RedisConnectionHandler)
        case connected(RedisConnectionHandler, since: NIODeadline)
        case waiting(Scheduled<Void>)
        /// Shut down, with a connection still on its way down.
        case closing
        case closed
    }

    /// The loop on which the link lives and its futures complete.
    public let eventLoop: any EventLoop

    private let configuration: RedisConfiguration
    private let logger: Logger
    private let metrics: RedisMetrics
    private let connectedFlag = Atomic(false)

    private var phase: Phase = .idle
    private var delay: ReconnectDelay
    private var currentState: RedisLinkState = .disconnected(reason: RedisError(.notConnected, "not started"))
    private var observers: [@Sendable (RedisLinkState) -> Void] = []
    private var connectWaiters: [EventLoopPromise<Void>] = []
    private var closeWaiters: [EventLoopPromise<Void>] = []

    /// Makes a link; ``start()`` connects it.
    public init(
        configuration: RedisConfiguration, eventLoop: any EventLoop, logger: Logger, metrics: RedisMetrics = .off
    ) {
        self.configuration = configuration
        self.metrics = metrics
        self.eventLoop = eventLoop
        var logger = logger
        logger[metadataKey: "redis.address"] = "\(configuration)"
        self.logger = logger
        self.delay = ReconnectDelay(
            minimum: configuration.minimumReconnectDelay, maximum: configuration.maximumReconnectDelay)
    }

    /// Whether the link can take commands at this moment; readable from any thread.
    public var isConnected: Bool { self.connectedFlag.load(ordering: .relaxed) }

    /// The link's state, which may be read on ``eventLoop`` only.
    public var state: RedisLinkState {
        self.eventLoop.preconditionInEventLoop()
        return self.currentState
    }

    /// Sends a command.
    ///
    /// The future succeeds with the reply. It fails with a ``RedisError``: of the code ``RedisError/Code/server`` when the
    /// reply is an error, of another code when there is none.
    public func send(_ command: RedisCommand) -> EventLoopFuture<RESPValue> {
        guard self.eventLoop.inEventLoop else {
            return self.eventLoop.flatSubmit { self.sendOnLoop(command) }
        }
        return self.sendOnLoop(command)
    }

    /// Calls `observer` on the loop with the present state, and then with each change of it.
    ///
    /// A further failed attempt to connect is no change. The commands that a lost connection took with it have failed
    /// before the observers hear of the loss.
    public func onStateChange(_ observer: @escaping @Sendable (RedisLinkState) -> Void) {
        self.onLoop {
            self.observers.append(observer)
            observer(self.currentState)
        }
    }

    /// Begins to connect, and reconnects from then on; further calls do nothing.
    public func start() {
        self.onLoop {
            guard case .idle = self.phase else { return }
            self.connect()
        }
    }

    /// Succeeds when the link is connected; fails when that takes longer than `timeout`, or with a shutdown.
    public func waitUntilConnected(timeout: TimeAmount) -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        let timer = self.eventLoop.scheduleTask(in: timeout) {
            promise.fail(RedisError(.notConnected, "no connection within \(timeout)"))
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        self.onLoop {
            switch self.phase {
            case .connected: promise.succeed()
            case .closing, .closed: promise.fail(Self.closedError)
            case .idle, .connecting, .greeting, .waiting: self.connectWaiters.append(promise)
            }
        }
        return promise.futureResult
    }

    /// Closes the connection for good; commands in flight fail with ``RedisError/Code/connectionLost``.
    public func shutdown() -> EventLoopFuture<Void> {
        let promise = self.eventLoop.makePromise(of: Void.self)
        self.onLoop { self.close(promise) }
        return promise.futureResult
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if self.eventLoop.inEventLoop { body() } else { self.eventLoop.execute(body) }
    }

    private func sendOnLoop(_ command: RedisCommand) -> EventLoopFuture<RESPValue> {
        switch self.phase {
        case .connected(let handler, _):
            return handler.send(command)
        case .closing, .closed:
            return self.eventLoop.makeFailedFuture(Self.closedError)
        case .idle, .connecting, .greeting, .waiting:
            guard case .disconnected(let reason) = self.currentState else {
                preconditionFailure("a link without a connection calls itself connected")
            }
            return self.eventLoop.makeFailedFuture(RedisError(.notConnected, reason.message))
        }
    }

    private func connect() {
        self.phase = .connecting
        let configuration = self.configuration
        let metrics = self.metrics
        let bootstrap = ClientBootstrap(group: self.eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RedisConnectionHandler(
                            configuration: configuration, eventLoop: channel.eventLoop, metrics: metrics))
                }
            }
        let channel =
            switch configuration.address {
            case .tcp(let host, let port):
                bootstrap.channelOption(.socketOption(.so_keepalive), value: 1).connect(host: host, port: port)
            case .unix(let path):
                bootstrap.connect(unixDomainSocketPath: path)
            }
        channel.assumeIsolated().whenComplete { result in
            do {
                let channel = try result.get()
                self.greet(try channel.pipeline.syncOperations.handler(type: RedisConnectionHandler.self))
            } catch {
                self.connectionEnded(RedisError(.notConnected, "cannot connect: \(error)"))
            }
        }
    }

    private func greet(_ handler: RedisConnectionHandler) {
        handler.onClosed = { reason in self.connectionEnded(reason) }
        guard case .connecting = self.phase else {
            handler.close(Self.closedError)
            return
        }
        self.phase = .greeting(handler)
        let timeout = self.eventLoop.assumeIsolated().scheduleTask(in: self.configuration.connectTimeout) {
            handler.close(RedisError(.timedOut, "no greeting within \(self.configuration.connectTimeout)"))
        }
        let replies = RedisGreeting.commands(for: self.configuration).map { handler.send($0) }
        EventLoopFuture.whenAllSucceed(replies, on: self.eventLoop).assumeIsolated().whenComplete { result in
            timeout.cancel()
            do {
                self.greeted(handler, runID: try RedisGreeting.runID(in: result.get()))
            } catch let error as RedisError {
                handler.close(RedisError(.notConnected, "the greeting failed: \(error.message)"))
            } catch {
                handler.close(RedisError(.notConnected, "the greeting failed: \(error)"))
            }
        }
    }

    private func greeted(_ handler: RedisConnectionHandler, runID: String) {
        guard case .greeting = self.phase else { return }
        self.phase = .connected(handler, since: .now())
        self.metrics.connected.increment()
        self.logger.info("redis connected", metadata: ["redis.run_id": "\(runID)"])
        self.change(to: .connected(runID: runID))
    }

    private func connectionEnded(_ reason: RedisError) {
        switch self.phase {
        case .closing, .closed:
            self.finishClosing()
            return
        case .connected(_, let since):
            // A connection that dies young does not bring back the short pauses.
            if NIODeadline.now() - since > self.configuration.maximumReconnectDelay { self.delay.reset() }
            self.metrics.lost.increment()
            self.logger.warning("redis connection lost", metadata: ["error": "\(reason)"])
        case .idle, .connecting, .greeting, .waiting:
            self.logger.debug("redis connection attempt failed", metadata: ["error": "\(reason)"])
        }
        var random = SystemRandomNumberGenerator()
        let pause = self.delay.advance(using: &random)
        self.phase = .waiting(self.eventLoop.assumeIsolated().scheduleTask(in: pause) { self.connect() })
        if self.currentState.isConnected {
            self.change(to: .disconnected(reason: reason))
        } else {
            self.currentState = .disconnected(reason: reason)
        }
    }

    private func close(_ promise: EventLoopPromise<Void>) {
        self.closeWaiters.append(promise)
        switch self.phase {
        case .connected(let handler, _), .greeting(let handler):
            self.phase = .closing
            handler.close(Self.closedError)
        case .connecting:
            self.phase = .closing
        case .closing:
            break
        case .waiting(let attempt):
            attempt.cancel()
            self.finishClosing()
        case .idle, .closed:
            self.finishClosing()
        }
    }

    private func finishClosing() {
        self.phase = .closed
        if self.currentState.isConnected {
            self.change(to: .disconnected(reason: Self.closedError))
        } else {
            self.currentState = .disconnected(reason: Self.closedError)
        }
        let connectWaiters = self.connectWaiters
        self.connectWaiters = []
        for waiter in connectWaiters { waiter.fail(Self.closedError) }
        let closeWaiters = self.closeWaiters
        self.closeWaiters = []
        for waiter in closeWaiters { waiter.succeed() }
    }

    private func change(to state: RedisLinkState) {
        self.currentState = state
        self.connectedFlag.store(state.isConnected, ordering: .relaxed)
        for observer in self.observers { observer(state) }
        guard state.isConnected else { return }
        let waiters = self.connectWaiters
        self.connectWaiters = []
        for waiter in waiters { waiter.succeed() }
    }

    private static var closedError: RedisError { RedisError(.closed, "the client was shut down") }
}
