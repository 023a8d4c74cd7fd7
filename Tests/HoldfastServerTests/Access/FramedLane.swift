import FramedTransport
import GRPCCore
import NIOPosix

/// A framed connection to a server, made anew where the server has closed it: one that waits long for its next call, as on
/// a busy machine, is closed as idle.
actor FramedLane {
    private let address: FramedAddress
    private let group: MultiThreadedEventLoopGroup
    private var connection: FramedClientConnection

    init(to address: FramedAddress, on group: MultiThreadedEventLoopGroup) async throws {
        self.address = address
        self.group = group
        connection = try await FramedClientConnection.connect(to: address, on: group)
    }

    /// Makes a call; once more on a new connection where it was not sent.
    func call(_ method: String, _ message: [UInt8], _ metadata: Metadata) async throws -> Answer {
        let used = connection
        do {
            return try await Answer.of(used, method, message, metadata)
        } catch is FramedConnectionError {
            if connection === used { connection = try await FramedClientConnection.connect(to: address, on: group) }
            return try await Answer.of(connection, method, message, metadata)
        }
    }

    func close() async throws { try await connection.close() }
}
