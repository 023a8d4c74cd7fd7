import FramedTransport
import GRPCCore
import NIOCore
import Synchronization

/// One client's way to one server: a connection that is made anew when it has ended.
final class LoadConnection: Sendable {
    private struct State {
        var connection: FramedClientConnection?
        var connecting: Task<FramedClientConnection, any Error>?
    }

    private enum Way {
        case standing(FramedClientConnection)
        case coming(Task<FramedClientConnection, any Error>)
    }

    private let place: ServerPlace
    private let group: any EventLoopGroup
    private let state = Mutex(State())

    init(_ place: ServerPlace, group: any EventLoopGroup) {
        self.place = place
        self.group = group
    }

    /// Makes a call; fails with what came instead of an answer.
    func call(service: String, method: String, message: [UInt8], timeout: TimeAmount) async -> Result<[UInt8], RPCError>
    {
        let connection: FramedClientConnection
        do {
            connection = try await connected()
        } catch {
            return .failure(RPCError(code: .unavailable, message: "no connection: \(error)"))
        }
        do {
            let response = try await connection.call(
                service: service, method: method, message: ByteBuffer(bytes: message), timeout: timeout
            ).get()
            return .success(Array(response.message.readableBytesView))
        } catch let error as RPCError {
            // One that is lost, or may hang, is not used again.
            if error.cause is FramedConnectionError || error.code == .deadlineExceeded { await drop(connection) }
            return .failure(error)
        } catch {
            return .failure(RPCError(code: .unknown, message: "\(error)"))
        }
    }

    func close() async {
        if let connection = state.withLock({ $0.connection }) { await drop(connection) }
    }

    private func connected() async throws -> FramedClientConnection {
        let way = state.withLock { state -> Way in
            if let connection = state.connection { return .standing(connection) }
            if let task = state.connecting { return .coming(task) }
            let task = Task { try await self.connect() }
            state.connecting = task
            return .coming(task)
        }
        switch way {
        case .standing(let connection): return connection
        case .coming(let task): return try await task.value
        }
    }

    private func connect() async throws -> FramedClientConnection {
        var configuration = place.configuration
        configuration.connectTimeout = .seconds(2)
        let made: Result<FramedClientConnection, any Error>
        do {
            made = .success(
                try await FramedClientConnection.connect(
                    to: .tcp(host: place.host, port: place.port), on: group, configuration: configuration))
        } catch {
            made = .failure(error)
        }
        state.withLock { state in
            state.connecting = nil
            if case .success(let connection) = made { state.connection = connection }
        }
        return try made.get()
    }

    private func drop(_ connection: FramedClientConnection) async {
        state.withLock { if $0.connection === connection { $0.connection = nil } }
        do {
            try await connection.close()
        } catch {
            // It is not used again, whatever became of it.
        }
    }
}
