package import NIOCore
import NIOPosix
import Synchronization

/// A TCP proxy on a loopback port that can cut, delay and swallow what passes through it.
///
/// States of a connection through it: *connecting* to the server → *joined* → *ended*; one from which bytes were
/// swallowed is *broken*, and ended when the proxy opens again, as its two sides no longer agree on where they are.
package final class FaultyProxy: Sendable {
    /// Where a proxy leads.
    package struct Target: Hashable, Sendable {
        package var host: String
        package var port: Int

        /// A port of a host.
        package init(host: String = "127.0.0.1", port: Int) {
            self.host = host
            self.port = port
        }
    }

    private struct State {
        var target: Target
        var mode = ProxyMode.open
        var channels: [ObjectIdentifier: any Channel] = [:]
    }

    /// What it stands in front of, for reports.
    package let name: String
    private let listener: any Channel
    private let shared: Shared

    /// What the proxy and its connections share.
    final class Shared: Sendable {
        private let state: Mutex<State>

        fileprivate init(target: Target) { state = Mutex(State(target: target)) }

        var mode: ProxyMode { state.withLock { $0.mode } }

        var target: Target { state.withLock { $0.target } }

        func add(_ channel: any Channel) {
            state.withLock { $0.channels[ObjectIdentifier(channel)] = channel }
            channel.closeFuture.whenComplete { [self] _ in
                state.withLock { _ = $0.channels.removeValue(forKey: ObjectIdentifier(channel)) }
            }
        }

        fileprivate func aim(at port: Int) { state.withLock { $0.target.port = port } }

        fileprivate func set(_ mode: ProxyMode) { state.withLock { $0.mode = mode } }

        fileprivate var channels: [any Channel] { state.withLock { Array($0.channels.values) } }
    }

    private init(name: String, listener: any Channel, shared: Shared) {
        self.name = name
        self.listener = listener
        self.shared = shared
    }

    /// Starts a proxy on a free port of 127.0.0.1.
    package static func start(
        _ name: String, target: Target, group: any EventLoopGroup
    ) async throws -> FaultyProxy {
        let shared = Shared(target: target)
        let listener = try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 512)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    guard shared.mode != .refusing else {
                        channel.close(promise: nil)
                        return
                    }
                    shared.add(channel)
                    let halves = ProxyHalf.pair(shared: shared)
                    try channel.pipeline.syncOperations.addHandler(halves.client)
                    let bound = NIOLoopBound(halves.server, eventLoop: channel.eventLoop)
                    let front = channel
                    ClientBootstrap(group: channel.eventLoop)
                        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                        .channelOption(.autoRead, value: false)
                        .channelInitializer { channel in
                            channel.eventLoop.makeCompletedFuture {
                                try channel.pipeline.syncOperations.addHandler(bound.value)
                            }
                        }
                        .connect(host: shared.target.host, port: shared.target.port)
                        .whenComplete { result in
                            switch result {
                            case .success(let back):
                                for side in [front, back] {
                                    side.setOption(.autoRead, value: true).whenFailure { _ in
                                        side.close(promise: nil)
                                    }
                                }
                            case .failure: front.close(promise: nil)
                            }
                        }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FaultyProxy(name: name, listener: listener, shared: shared)
    }

    /// The port that it listens on.
    package var port: Int { listener.localAddress?.port ?? 0 }

    /// Leads connections from now on to another port.
    package func aim(at port: Int) { shared.aim(at: port) }

    /// Treats bytes from now on in another way.
    ///
    /// Opening again ends the connections that lost bytes.
    package func set(_ mode: ProxyMode) {
        shared.set(mode)
        if mode == .open {
            for channel in shared.channels { channel.pipeline.fireUserInboundEventTriggered(ProxyHalf.Opened()) }
        }
    }

    /// Ends every connection.
    package func cut() {
        for channel in shared.channels { channel.close(promise: nil) }
    }

    /// Stops listening and ends every connection.
    package func close() async throws {
        shared.set(.refusing)
        do {
            try await listener.close()
        } catch ChannelError.alreadyClosed {
            // That is what was wanted.
        }
        cut()
    }
}
