import Domain
import FramedTransport
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Logging
import NIOCore
import NIOPosix
import OrderProcessing
import SwiftProtobuf
import Testing

@testable import HoldfastServices

/// One call by name, for both lanes.
private struct LaneCall: Sendable {
    var method: MethodDescriptor
    var message: [UInt8]

    static func check(_ request: Holdfast_V1_CheckAvailabilityRequest) throws -> LaneCall {
        LaneCall(
            method: Holdfast_V1_AvailabilityService.Method.CheckAvailability.descriptor,
            message: try request.serializedBytes())
    }

    static func reserve(_ request: Holdfast_V1_ReserveRequest) throws -> LaneCall {
        LaneCall(
            method: Holdfast_V1_ReservationService.Method.Reserve.descriptor, message: try request.serializedBytes())
    }

    static func release(_ id: String) throws -> LaneCall {
        LaneCall(
            method: Holdfast_V1_ReservationService.Method.ReleaseReservation.descriptor,
            message: try Holdfast_V1_ReleaseReservationRequest.with { $0.reservationID = id }.serializedBytes())
    }
}

/// Makes no keys: nobody asks for one here.
private struct NoKeys: KeyMint {
    func mint() -> MintedKey { MintedKey(prefix: "", text: "", secretHash: []) }
}

/// What a call was answered with.
private enum LaneAnswer: Equatable {
    case message([UInt8])
    case status(RPCError.Code, String, GoogleRPCStatus?)
}

@Suite("The fast lane and the ordinary one")
struct LanesTests {
    /// Runs a body against two servers over one deployment: one with the fast lane, one without.
    private func withLanes(
        _ body:
            @Sendable (TestDeployment, _ fast: FramedClientConnection, _ ordinary: FramedClientConnection)
            async throws -> Void
    ) async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], untracked: ["POST"], locations: ["DC", "LDN"])
            try await deployment.change(.receive, [("A", "DC", 10), ("B", "LDN", 5)])
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let logger = Logger(label: "test")
            let fastLane = ServiceRegistry.fastLane(
                promising: deployment.promising, unidentified: .anonymous, logger: logger)
            let result: Result<Void, any Error>
            do {
                try await serving(deployment, FastLane(), group, logger) { ordinary in
                    try await serving(deployment, fastLane, group, logger) { fast in
                        try await body(deployment, fast, ordinary)
                    }
                }
                result = .success(())
            } catch {
                result = .failure(error)
            }
            try await group.shutdownGracefully()
            try result.get()
        }
    }

    private func serving(
        _ deployment: TestDeployment, _ fastLane: FastLane, _ group: MultiThreadedEventLoopGroup, _ logger: Logger,
        _ body: (FramedClientConnection) async throws -> Void
    ) async throws {
        let transport = FramedServerTransport(
            eventLoopGroup: group, address: .tcp(host: "127.0.0.1", port: 0), fastLane: fastLane, logger: logger)
        let server = GRPCServer(
            transport: transport,
            services: ServiceRegistry.all(
                promising: deployment.promising,
                processing: OrderProcessing(promising: deployment.promising, logger: logger),
                serving: ServingState { true }, keys: NoKeys(), logger: logger),
            interceptors: [AccessInterceptor { _, _ in .anonymous }])
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await server.serve() }
            let connection = try await FramedClientConnection.connect(to: transport.listeningAddress, on: group)
            let result: Result<Void, any Error>
            do {
                try await body(connection)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            try await connection.close()
            server.beginGracefulShutdown()
            try await tasks.waitForAll()
            try result.get()
        }
    }

    private func answer(_ call: LaneCall, on connection: FramedClientConnection) async throws -> LaneAnswer {
        do {
            let response = try await connection.call(
                service: call.method.service.fullyQualifiedService, method: call.method.method,
                message: ByteBuffer(bytes: call.message)
            ).get()
            return .message(Array(response.message.readableBytesView))
        } catch let error as RPCError {
            return .status(error.code, error.message, try error.unpackGoogleRPCStatus())
        }
    }

    private static func reservation(_ id: UInt64, _ sku: String, _ quantity: Int64) -> Holdfast_V1_ReserveRequest {
        .with {
            $0.reservationID = testID(id).description
            $0.channel = TestDeployment.channel
            $0.lines = [
                .with {
                    $0.sku = sku
                    $0.quantity = quantity
                }
            ]
        }
    }

    @Test("Both lanes give the same answers and the same refusals")
    func equal() async throws {
        try await withLanes { _, fast, ordinary in
            let first = Self.reservation(1, "A", 4)
            var invalid = first
            invalid.reservationID = "x"
            invalid.lines[0].quantity = 0
            var reused = first
            reused.lines[0].quantity = 5
            var stranger = Self.reservation(7, "A", 1)
            stranger.channel = "nobody"
            // Each call is idempotent, so the lane that comes second must repeat what the first was told.
            let calls: [(title: String, call: LaneCall, code: RPCError.Code?)] = [
                ("reserve", try .reserve(first), nil),
                ("short", try .reserve(Self.reservation(2, "A", 7)), .failedPrecondition),
                ("invalid", try .reserve(invalid), .invalidArgument),
                ("another body", try .reserve(reused), .alreadyExists),
                ("an unknown channel", try .reserve(stranger), .invalidArgument),
                ("an unknown article", try .reserve(Self.reservation(3, "X", 1)), .invalidArgument),
                ("an untracked article", try .reserve(Self.reservation(4, "POST", 1)), .invalidArgument),
                ("release", try .release(testID(1).description), nil),
                ("release nothing", try .release(testID(9).description), .notFound),
                ("release nonsense", try .release("9"), .invalidArgument),
                ("check nothing", try .check(.init()), .invalidArgument),
                (
                    "check unknown", try .check(.with { $0.items = [.with { $0.sku = "X" }] }), .invalidArgument
                ),
                (
                    "no message",
                    LaneCall(
                        method: Holdfast_V1_ReservationService.Method.Reserve.descriptor, message: [0x0A, 0xFF]),
                    .invalidArgument
                ),
            ]
            for (index, row) in calls.enumerated() {
                let (one, other) = index.isMultiple(of: 2) ? (fast, ordinary) : (ordinary, fast)
                let answered = try await answer(row.call, on: one)
                let repeated = try await answer(row.call, on: other)
                switch (answered, repeated, row.code) {
                case (.message, .message, nil):
                    #expect(answered == repeated, "\(row.title)")
                case (.status(let code, _, _), .status(let again, _, _), let expected?):
                    #expect(code == expected, "\(row.title)")
                    #expect(again == expected, "\(row.title)")
                    // What bytes that are no message are told is each lane's own.
                    if row.title != "no message" { #expect(answered == repeated, "\(row.title)") }
                default:
                    Issue.record("\(row.title): \(answered), then \(repeated)")
                }
            }
        }
    }

    @Test("Both lanes see the same figures")
    func figures() async throws {
        try await withLanes { _, fast, ordinary in
            let request = Holdfast_V1_CheckAvailabilityRequest.with {
                $0.consistency = .fresh
                $0.items = [
                    .with {
                        $0.sku = "A"
                        $0.quantity = 10
                    },
                    .with {
                        $0.sku = "B"
                        $0.location = "DC"
                        $0.quantity = 1
                    },
                    .with {
                        $0.sku = "POST"
                        $0.quantity = 4
                    },
                ]
            }
            for connection in [fast, ordinary] {
                guard case .message(let bytes) = try await answer(try .check(request), on: connection) else {
                    Issue.record("no answer")
                    continue
                }
                let reply = try Holdfast_V1_CheckAvailabilityResponse(serializedBytes: bytes)
                #expect(reply.items.map(\.available) == [10, 0, 4])
                #expect(reply.items.map(\.sufficient) == [true, false, true])
                #expect(reply.hasAsOf)
            }
        }
    }

    @Test("A refusal's details arrive over the wire")
    func details() async throws {
        try await withLanes { _, fast, ordinary in
            let message = try LaneCall.reserve(Self.reservation(1, "A", 11))
            for connection in [fast, ordinary] {
                let call = connection.call(
                    service: message.method.service.fullyQualifiedService, method: message.method.method,
                    message: ByteBuffer(bytes: message.message))
                let error = try await status { try await call.get() }
                let details = try Details(error)
                #expect(details.info?.reason == "STOCK_SHORTAGE")
                #expect(details.shortage?.lines.map(\.available) == [10])
            }
        }
    }

    @Test("A thousand reservations at once on the fast lane hold what there is, no more")
    func crowd() async throws {
        try await withLanes { deployment, fast, _ in
            try await deployment.change(.receive, [("A", "DC", 290)])
            let calls = try (1...1_000).map { try LaneCall.reserve(Self.reservation(UInt64($0), "A", 1)) }
            let answers = calls.map { call in
                fast.call(
                    service: call.method.service.fullyQualifiedService, method: call.method.method,
                    message: ByteBuffer(bytes: call.message))
            }
            var held = 0
            var short = 0
            for answer in answers {
                do {
                    _ = try await answer.get()
                    held += 1
                } catch let error as RPCError where error.code == .failedPrecondition {
                    short += 1
                }
            }
            #expect(held == 300)
            #expect(short == 700)
            #expect(try await deployment.booksAgree())
        }
    }
}
