public import Logging
public import NIOCore
import Synchronization

/// Links to one Redis server, one per event loop.
///
///     let client = RedisClient(configuration: try .init(url: url), eventLoopGroup: group, logger: logger)
///     client.start()
///     let pong = try await client.send(RedisCommand("PING"))
///     await client.shutdown()
///
/// Work that runs on an event loop uses ``link(on:)`` and pays no hop.
public final class RedisClient: Sendable {
    /// The links, in the order of the group's loops.
    public let links: [RedisLink]

    private let linksByLoop: [ObjectIdentifier: RedisLink]
    private let turn = Atomic(0)

    /// Makes a link for each loop of the group; ``start()`` connects them.
    public init(
        configuration: RedisConfiguration, eventLoopGroup: any EventLoopGroup, logger: Logger,
        metrics: RedisMetrics = .off
    ) {
        self.links = eventLoopGroup.makeIterator().map {
            RedisLink(configuration: configuration, eventLoop: $0, logger: logger, metrics: metrics)
        }
        precondition(!self.links.isEmpty, "an event loop group without loops")
        self.linksByLoop = Dictionary(uniqueKeysWithValues: self.links.map { (ObjectIdentifier($0.eventLoop), $0) })
    }

    /// The loop's own link; for a loop that is not of the client's group, ``anyLink``, whose futures complete elsewhere.
    public func link(on eventLoop: any EventLoop) -> RedisLink {
        self.linksByLoop[ObjectIdentifier(eventLoop)] ?? self.anyLink
    }

    /// The links in turn, those without a connection left out unless none has one.
    public var anyLink: RedisLink {
        let start = self.turn.add(1, ordering: .relaxed).newValue & Int.max
        for offset in self.links.indices {
            let link = self.links[(start % self.links.count + offset) % self.links.count]
            if link.isConnected { return link }
        }
        return self.links[start % self.links.count]
    }

    /// Whether at least one link is connected.
    public var isConnected: Bool { self.links.contains { $0.isConnected } }

    /// Begins to connect every link.
    ///
    /// Returns at once: a server that is away now is found when it comes.
    public func start() {
        for link in self.links { link.start() }
    }

    /// Sends a command on any link and waits for its reply.
    ///
    /// - Parameter command: the command.
    /// - Returns: the reply, which is not ``RESPValue/error(_:)``.
    /// - Throws: ``RedisError``: the server's error reply, or why there is no reply.
    public func send(_ command: RedisCommand) async throws -> RESPValue {
        try await self.anyLink.send(command).get()
    }

    /// Waits until every link is connected.
    ///
    /// - Parameter timeout: how long to wait.
    /// - Throws: ``RedisError`` of the code ``RedisError/Code/notConnected`` when the time is over.
    public func waitUntilConnected(timeout: TimeAmount = .seconds(10)) async throws {
        let connected = self.links.map { $0.waitUntilConnected(timeout: timeout) }
        for future in connected { try await future.get() }
    }

    /// Closes every link for good and returns when all are closed.
    public func shutdown() async {
        let closed = self.links.map { $0.shutdown() }
        for future in closed {
            do { try await future.get() } catch { preconditionFailure("closing a link never fails: \(error)") }
        }
    }
}
