import NIOCore
import SwiftProtobuf

/// Asks servers what changes nothing, again where one does not answer.
struct ServiceDesk: Sendable {
    let connections: [LoadConnection]

    /// How often a question is asked before its failure is passed on.
    private static let attempts = 100

    /// Asks; the answer may come from any server, a given one first.
    func ask<Answer: Message>(
        _ service: String, _ method: String, _ request: some Message, on server: Int
    ) async throws -> Answer {
        let message: [UInt8] = try request.serializedBytes()
        var attempt = 0
        while true {
            let result = await connections[(server + attempt) % connections.count].call(
                service: "holdfast.v1.\(service)", method: method, message: message, timeout: .seconds(30))
            switch result {
            case .success(let reply): return try Answer(serializedBytes: reply)
            case .failure(let error):
                attempt += 1
                guard CallOutcome(error).isForNow, attempt < Self.attempts else { throw error }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    func close() async {
        for connection in connections { await connection.close() }
    }
}
