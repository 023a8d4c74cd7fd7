import Domain
import FramedTransport
import GRPCCore
import HoldfastAPI
import HoldfastTesting
import NIOCore
import NIOPosix
import SwiftProtobuf
import Testing

@Suite("Terminals race over TCP", .serialized)
struct TerminalRaceTests {
    /// How a terminal takes its unit.
    enum Way: CaseIterable, Sendable { case reserve, placeOrder }

    private static let terminals = 200
    private static let units: Int64 = 100
    private static let rounds = 50

    @Test(
        "200 terminals for 100 units, 50 times over: exactly 100 win and 100 get the shortage", arguments: Way.allCases)
    func race(way: Way) async throws {
        try await ServedStack.with { stack in
            var connections: [FramedClientConnection] = []
            for _ in 0..<Self.terminals {
                connections.append(
                    try await FramedClientConnection.connect(
                        to: .tcp(host: "127.0.0.1", port: stack.port), on: MultiThreadedEventLoopGroup.singleton))
            }
            let first = connections[0]
            try await Self.open(first)
            for round in 0..<Self.rounds {
                let sku = "RACE-\(round)"
                try await Self.stock(first, sku)
                let answers = connections.map {
                    Self.take($0, sku, way).map { true }.flatMapErrorThrowing(Self.isShort)
                }
                let outcomes = try await EventLoopFuture.whenAllSucceed(answers, on: first.eventLoop).get()
                #expect(outcomes.filter { $0 }.count == Int(Self.units), "round \(round)")
                #expect(outcomes.filter { !$0 }.count == Self.terminals - Int(Self.units), "round \(round)")
            }
            let books: Holdfast_V1_CheckBooksResponse = try await Self.call(
                first, "OperationsService", "CheckBooks", Holdfast_V1_CheckBooksRequest())
            #expect(books.oversold == 0)
            #expect(books.foldMismatches == 0)
            for connection in connections { try await connection.close() }
        }
    }

    /// False for the refusal that tells a shortage with what is left; anything else is thrown.
    private static func isShort(_ error: any Error) throws -> Bool {
        guard let refusal = error as? RPCError, refusal.code == .failedPrecondition, refusal.message.contains("RACE-")
        else { throw error }
        return false
    }

    private static func take(_ connection: FramedClientConnection, _ sku: String, _ way: Way) -> EventLoopFuture<Void> {
        let id = EntityID.fresh.description
        switch way {
        case .reserve:
            return send(
                connection, "ReservationService", "Reserve",
                Holdfast_V1_ReserveRequest.with {
                    $0.reservationID = id
                    $0.channel = "tills"
                    $0.lines = [
                        .with {
                            $0.sku = sku
                            $0.location = "shop"
                            $0.quantity = 1
                        }
                    ]
                }
            ).map { _ in }
        case .placeOrder:
            return send(
                connection, "OrderService", "PlaceOrder",
                Holdfast_V1_PlaceOrderRequest.with {
                    $0.orderID = id
                    $0.externalID = id
                    $0.channel = "tills"
                    $0.lines = [
                        .with {
                            $0.sku = sku
                            $0.location = "shop"
                            $0.quantity = 1
                            $0.unitPrice = .with {
                                $0.currencyCode = "GBP"
                                $0.units = 1
                            }
                        }
                    ]
                }
            ).map { _ in }
        }
    }

    private static func open(_ connection: FramedClientConnection) async throws {
        let _: Holdfast_V1_UpsertChannelsResponse = try await call(
            connection, "CatalogService", "UpsertChannels",
            Holdfast_V1_UpsertChannelsRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.channels = [
                    .with {
                        $0.code = "tills"
                        $0.name = "Tills"
                        $0.currencyCode = "GBP"
                    }
                ]
            })
        let _: Holdfast_V1_UpsertLocationsResponse = try await call(
            connection, "CatalogService", "UpsertLocations",
            Holdfast_V1_UpsertLocationsRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.locations = [
                    .with {
                        $0.code = "shop"
                        $0.name = "Shop"
                    }
                ]
            })
    }

    private static func stock(_ connection: FramedClientConnection, _ sku: String) async throws {
        let _: Holdfast_V1_UpsertProductsResponse = try await call(
            connection, "CatalogService", "UpsertProducts",
            Holdfast_V1_UpsertProductsRequest.with {
                $0.requestID = EntityID.fresh.description
                $0.products = [
                    .with {
                        $0.sku = sku
                        $0.name = sku
                        $0.tracked = true
                    }
                ]
            })
        let _: Holdfast_V1_ReceiveStockResponse = try await call(
            connection, "InventoryService", "ReceiveStock",
            Holdfast_V1_ReceiveStockRequest.with {
                $0.movementID = EntityID.fresh.description
                $0.lines = [
                    .with {
                        $0.sku = sku
                        $0.location = "shop"
                        $0.quantity = units
                    }
                ]
            })
    }

    private static func send(
        _ connection: FramedClientConnection, _ service: String, _ method: String, _ request: some Message
    ) -> EventLoopFuture<FramedResponse> {
        do {
            let bytes: [UInt8] = try request.serializedBytes()
            return connection.call(
                service: "holdfast.v1.\(service)", method: method, message: ByteBuffer(bytes: bytes),
                timeout: .seconds(60))
        } catch {
            return connection.eventLoop.makeFailedFuture(error)
        }
    }

    private static func call<Reply: Message>(
        _ connection: FramedClientConnection, _ service: String, _ method: String, _ request: some Message
    ) async throws -> Reply {
        let response = try await send(connection, service, method, request).get()
        return try Reply(serializedBytes: Array(response.message.readableBytesView))
    }
}
