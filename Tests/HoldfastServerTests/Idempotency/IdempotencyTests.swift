import Domain
import FramedTransport
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import NIOCore
import NIOPosix
import PostgresClient
import PrivateStores
import SwiftProtobuf
import Testing

@testable import HoldfastServer

/// Every mutating method is once for all: what was answered stands with its effect.
@Suite("Once is enough", .serialized)
struct IdempotencyTests {
    @Test("Every method either changes nothing or has a case here")
    func complete() throws {
        let known = Set(AccessMatrixTests.methods.map(\.fullyQualifiedMethod))
        let mutating = try Set(MutationSet().mutations.map(\.method))
        #expect(mutating.isDisjoint(with: Mutation.reads))
        #expect(mutating.union(Mutation.reads) == known)
    }

    @Test(
        "The same call has the same answer, also after both stores and the server were killed; another one is refused")
    func restarts() async throws {
        try await ScriptedGateway.with { try await restarts($0) }
    }

    private static func settings(_ gateway: ScriptedGateway) -> (inout ServerConfiguration) -> Void {
        { configuration in
            configuration.gateway.url = gateway.url
            configuration.gateway.secret = ScriptedGateway.secret
        }
    }

    private func restarts(_ gateway: ScriptedGateway) async throws {
        let stack = try await PrivateStack.start(directory: TestDirectory.make("once"))
        let database = "once"
        try await stack.postgres.createDatabase(database)
        let set = try MutationSet()
        let first = try await RunningServer.with(
            stores: stack, database: database, settings: Self.settings(gateway)
        ) { server in
            try await RepeatingClient.with(server) { caller in
                for call in set.preparation { _ = try await caller.call(call) }
                try await Self.run(set.statements, stack, database)
                var replies: [[UInt8]] = []
                for call in set.mutations {
                    let reply = try await caller.call(call)
                    replies.append(try Self.comparable(reply, of: call, isFirst: true))
                    #expect(try Self.comparable(await caller.call(call), of: call) == replies.last, "\(call.method)")
                }
                return replies
            }
        }
        stack.redis.kill9()
        stack.postgres.kill9()
        try await stack.redis.restart()
        try await stack.postgres.restart()
        try await RunningServer.with(
            stores: stack, database: database, settings: Self.settings(gateway)
        ) { server in
            try await RepeatingClient.with(server) { caller in
                for (call, reply) in zip(set.mutations, first) {
                    #expect(try Self.comparable(await caller.call(call), of: call) == reply, "\(call.method)")
                    guard let other = call.other else { continue }
                    let refusal = await #expect(throws: RPCError.self) {
                        try await caller.call(call, request: other.request)
                    }
                    #expect(refusal?.code == .alreadyExists, "\(call.method): \(String(describing: refusal))")
                    let status = try refusal?.unpackGoogleRPCStatus()
                    let info = status?.details.lazy.compactMap(\.errorInfo).first
                    #expect(info?.reason == "ID_REUSED", "\(call.method)")
                    #expect(info?.metadata["field"] == other.field, "\(call.method)")
                    #expect(info?.metadata["id"] == call.id.description, "\(call.method)")
                }
            }
        }
        try await Self.expectOneEffectEach(set, stack, database)
        await stack.stop()
    }

    @Test("Of duplicates that come at once to two servers one takes effect, and all have its answer")
    func duplicates() async throws {
        try await ScriptedGateway.with { try await duplicates($0) }
    }

    private func duplicates(_ gateway: ScriptedGateway) async throws {
        let stack = try await TestStores.shared()
        let database = "t" + EntityID.fresh.hexadecimal
        try await stack.postgres.createDatabase(database)
        let set = try MutationSet()
        try await RunningServer.with(
            stores: stack, database: database, settings: Self.settings(gateway)
        ) { one in
            try await RunningServer.with(
                stores: stack, database: database, settings: Self.settings(gateway)
            ) { two in
                try await RepeatingClient.with(one) { first in
                    try await RepeatingClient.with(two) { second in
                        for call in set.preparation { _ = try await first.call(call) }
                        try await Self.run(set.statements, stack, database)
                        for call in set.mutations {
                            let replies = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                                for index in 0..<16 {
                                    group.addTask {
                                        do {
                                            return try await (index % 2 == 0 ? first : second).call(call)
                                        } catch {
                                            throw TestFailure("\(call.method): \(error)")
                                        }
                                    }
                                }
                                return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
                            }
                            let secrets = try replies.filter { try Self.secret($0, of: call) != nil }.count
                            #expect(secrets == (call.hasSecret ? 1 : 0), "\(call.method)")
                            let answers = try Set(replies.map { try Self.comparable($0, of: call) })
                            #expect(answers.count == 1, "\(call.method)")
                        }
                    }
                }
            }
        }
        try await Self.expectOneEffectEach(set, stack, database)
    }

    // MARK: - Answers

    /// The answer without what is shown once: a key's secret, and whether it was.
    private static func comparable(_ reply: [UInt8], of call: Mutation, isFirst: Bool? = nil) throws -> [UInt8] {
        guard call.hasSecret else { return reply }
        if let isFirst { #expect(try (secret(reply, of: call) != nil) == isFirst, "\(call.method)") }
        switch call.name {
        case "CreateApiKey":
            var message = try Holdfast_V1_CreateApiKeyResponse(serializedBytes: reply)
            (message.secret, message.repeated) = ("", false)
            return try message.serializedBytes()
        case "MakeReady":
            var message = try Holdfast_V1_MakeReadyResponse(serializedBytes: reply)
            message.code = ""
            return try message.serializedBytes()
        default:
            var message = try Holdfast_V1_RotateApiKeyResponse(serializedBytes: reply)
            (message.secret, message.repeated) = ("", false)
            return try message.serializedBytes()
        }
    }

    /// The secret in an answer; nil where there is none, as in every repeated one.
    private static func secret(_ reply: [UInt8], of call: Mutation) throws -> String? {
        guard call.hasSecret else { return nil }
        if call.name == "MakeReady" {
            let code = try Holdfast_V1_MakeReadyResponse(serializedBytes: reply).code
            return code.isEmpty ? nil : code
        }
        let secret: String
        let repeated: Bool
        if call.name == "CreateApiKey" {
            let message = try Holdfast_V1_CreateApiKeyResponse(serializedBytes: reply)
            (secret, repeated) = (message.secret, message.repeated)
        } else {
            let message = try Holdfast_V1_RotateApiKeyResponse(serializedBytes: reply)
            (secret, repeated) = (message.secret, message.repeated)
        }
        #expect(secret.isEmpty == repeated, "\(call.method)")
        return secret.isEmpty ? nil : secret
    }

    // MARK: - Effects

    /// Cells of articles that are not those of fulfilments.
    private static let ownArticles =
        "NOT EXISTS (SELECT FROM product p WHERE p.id = c.product_id AND p.sku LIKE '%-part-%')"

    /// Runs statements that no call could make.
    private static func run(_ statements: [String], _ stack: PrivateStack, _ database: String) async throws {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: stack.postgres.connectionString(database: database), connectionCount: 1),
            logger: AccessStack.logger)
        let outcome: Result<Void, any Error>
        do {
            for statement in statements { try await pool.withConnection { try $0.executeScript(statement) } }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await pool.shutdown()
        try outcome.get()
    }

    /// Each call is recorded once, and stock is what it is after one of each.
    private static func expectOneEffectEach(_ set: MutationSet, _ stack: PrivateStack, _ database: String) async throws
    {
        let pool = PostgresPool(
            configuration: PostgresConfiguration(
                connectionString: stack.postgres.connectionString(database: database), connectionCount: 1),
            logger: AccessStack.logger)
        let counted = PostgresStatement(
            "recorded",
            "SELECT count(*) FROM audit_event WHERE method = $1::text AND (request_id = $2::uuid OR subject_id = $2::uuid)"
        )
        let keys = PostgresStatement("keys", "SELECT count(*) FROM api_key")
        let units = PostgresStatement(
            "units",
            """
            SELECT (SELECT sum(on_hand) FROM cell c WHERE \(ownArticles))::int8,
                (SELECT sum(allocated) FROM cell c WHERE \(ownArticles))::int8,
                (SELECT sum(q) FROM hold, unnest(quantities) q WHERE state = 1)::int8,
                (SELECT count(*) FROM cell c LEFT JOIN (
                    SELECT cell_id, sum(on_hand_delta) AS on_hand, sum(allocated_delta) AS allocated
                    FROM stock_movement GROUP BY cell_id) m ON m.cell_id = c.id
                    WHERE (c.on_hand, c.allocated) IS DISTINCT FROM (coalesce(m.on_hand, 0), coalesce(m.allocated, 0)))
            """)
        let outcome: Result<Void, any Error>
        do {
            for call in set.mutations {
                let values: [PostgresValue] = [
                    .text(call.name), .uuid(PostgresUUID(high: call.id.high, low: call.id.low)),
                ]
                let count = try await pool.withConnection { try $0.execute(counted, values).single.int64(0) }
                #expect(count == 1, "\(call.method)")
            }
            // Two that were prepared, one that was made, one that replaces another.
            #expect(try await pool.withConnection { try $0.execute(keys).single.int64(0) } == 4)
            let sums = try await pool.withConnection { connection in
                let row = try connection.execute(units).single
                return try (0..<4).map { try row.int64($0) }
            }
            // 13 articles of 100; 5 received, 100 damaged, 10 counted away, 50 sold, 3 back; 100 + 2 + 2 + 5 ordered, 1 cancelled,
            // 1 exchanged; 100 + 2 reserved.
            #expect(sums == [1_148, 109, 102, 0])
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await pool.shutdown()
        try outcome.get()
    }
}

/// A client that repeats what could not be decided, as every client may.
private struct RepeatingClient: Sendable {
    let connection: FramedClientConnection

    static func with<R: Sendable>(
        _ server: RunningServer, _ body: @Sendable (RepeatingClient) async throws -> R
    ) async throws -> R {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connection = try await FramedClientConnection.connect(to: server.addresses.tcp, on: group)
        let result: Result<R, any Error>
        do {
            result = .success(try await body(RepeatingClient(connection: connection)))
        } catch {
            result = .failure(error)
        }
        try await connection.close()
        try await group.shutdownGracefully()
        return try result.get()
    }

    func call(_ mutation: Mutation, request: [UInt8]? = nil) async throws -> [UInt8] {
        let parts = mutation.method.split(separator: "/").map(String.init)
        for _ in 0..<500 {
            do {
                let response = try await connection.call(
                    service: parts[0], method: parts[1], message: ByteBuffer(bytes: request ?? mutation.request)
                ).get()
                return Array(response.message.readableBytesView)
            } catch let error as RPCError where error.code == .unavailable {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        throw TestFailure("\(mutation.method) is unavailable all the time")
    }
}
