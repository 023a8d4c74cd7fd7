import AsyncHTTPClient
import Domain
import FramedTransport
import HoldfastServer
import HoldfastTesting
import Logging
import NIOCore
import NIOHTTP1
import PrivateStores

/// A server in this process, with a database of its own.
struct RunningServer: Sendable {
    let addresses: ListeningAddresses

    /// Runs a body against a server and stops it afterwards.
    ///
    /// Everybody may call it unless its settings are changed.
    static func with<R: Sendable>(
        stores: PrivateStack? = nil, database: String? = nil,
        settings change: (inout ServerConfiguration) -> Void = { _ in },
        _ body: @Sendable (RunningServer) async throws -> R
    ) async throws -> R {
        let stores = if let stores { stores } else { try await TestStores.shared() }
        let name = database ?? "s" + EntityID.fresh.hexadecimal
        if database == nil { try await stores.postgres.createDatabase(name) }
        var configuration = ServerConfiguration(cores: 2)
        configuration.tcpPort = 0
        configuration.grpcPort = 0
        configuration.adminPort = 0
        configuration.redisURL = stores.redis.url
        configuration.postgresURL = stores.postgres.connectionString(database: name)
        configuration.postgresConnections = 4
        configuration.keyPrefix = name + ":"
        configuration.migratesSchema = true
        configuration.allowsAnonymous = true
        change(&configuration)
        var quiet = Logger(label: "test")
        quiet.logLevel = .error
        let server = try HoldfastServer(configuration: configuration, logger: quiet)
        let (ready, announce) = AsyncThrowingStream<ListeningAddresses, any Error>.makeStream()
        let task = Task {
            do {
                try await server.run { announce.yield($0) }
                announce.finish()
            } catch {
                announce.finish(throwing: error)
            }
        }
        let result: Result<R, any Error>
        do {
            var iterator = ready.makeAsyncIterator()
            guard let addresses = try await iterator.next() else { throw TestFailure("the server did not start") }
            result = .success(try await body(RunningServer(addresses: addresses)))
        } catch {
            result = .failure(error)
        }
        task.cancel()
        await task.value
        return try result.get()
    }

    /// Asks the admin port.
    func ask(
        _ path: String, method: String = "GET", body: String? = nil
    ) async throws -> (status: UInt, text: String, headers: [String: String]) {
        guard let admin = addresses.admin else { throw TestFailure("there is no admin port") }
        var request = HTTPClientRequest(url: "http://\(admin)\(path)")
        request.method = .init(rawValue: method)
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let bytes = try await response.body.collect(upTo: 1 << 20)
        var headers: [String: String] = [:]
        for field in response.headers { headers[field.name.lowercased()] = field.value }
        return (response.status.code, String(buffer: bytes), headers)
    }
}
