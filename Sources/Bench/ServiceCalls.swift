import Domain
import FramedTransport
import HoldfastAPI
import NIOCore
import NIOPosix
import SwiftProtobuf

/// The service's own calls, over the framed transport.
struct ServiceCalls: Sendable {
    let connections: [FramedClientConnection]
    let skus: [String]

    static let channel = "bench"
    static let location = "BENCH"

    /// One connection to a server whose articles are there already.
    static func connect(to target: BenchTarget, group: MultiThreadedEventLoopGroup) async throws -> ServiceCalls {
        let connection = try await FramedClientConnection.connect(
            to: .tcp(host: target.host, port: target.port), on: group)
        return ServiceCalls(connections: [connection], skus: [])
    }

    static func prepare(_ target: BenchTarget, options: BenchOptions, group: MultiThreadedEventLoopGroup) async throws
        -> ServiceCalls
    {
        var connections: [FramedClientConnection] = []
        for _ in 0..<options.connections {
            connections.append(
                try await FramedClientConnection.connect(
                    to: .tcp(host: target.host, port: target.port), on: group))
        }
        let calls = ServiceCalls(
            connections: connections, skus: (1...options.skus).map { "BENCH-\($0)" })
        try await calls.load()
        return calls
    }

    /// Loads articles with stock that does not run out.
    private func load() async throws {
        try await call(
            "CatalogService", "UpsertChannels",
            Holdfast_V1_UpsertChannelsRequest.with {
                $0.requestID = ServiceCalls.id()
                $0.channels = [
                    .with {
                        $0.code = ServiceCalls.channel
                        $0.name = "Bench"
                        $0.currencyCode = "GBP"
                    }
                ]
            })
        try await call(
            "CatalogService", "UpsertLocations",
            Holdfast_V1_UpsertLocationsRequest.with {
                $0.requestID = ServiceCalls.id()
                $0.locations = [
                    .with {
                        $0.code = ServiceCalls.location
                        $0.name = "Bench"
                    }
                ]
            })
        for first in stride(from: 0, to: skus.count, by: CallBounds.lines) {
            let part = skus[first..<min(first + CallBounds.lines, skus.count)]
            try await call(
                "CatalogService", "UpsertProducts",
                Holdfast_V1_UpsertProductsRequest.with {
                    $0.requestID = ServiceCalls.id()
                    $0.products = part.map { sku in
                        .with {
                            $0.sku = sku
                            $0.name = sku
                            $0.tracked = true
                        }
                    }
                })
            try await call(
                "InventoryService", "ReceiveStock",
                Holdfast_V1_ReceiveStockRequest.with {
                    $0.movementID = ServiceCalls.id()
                    $0.lines = part.map { sku in
                        .with {
                            $0.sku = sku
                            $0.location = ServiceCalls.location
                            $0.quantity = Quantity.bound
                        }
                    }
                })
        }
    }

    /// Makes a call and waits for it.
    func call(_ service: String, _ method: String, _ request: some Message) async throws {
        guard let connection = connections.first else { throw BenchError.noConnection }
        try await send(connection, service, method, request).get()
    }

    /// A random id.
    static func id() -> String {
        var generator = SystemRandomNumberGenerator()
        return EntityID.random(using: &generator).description
    }

    private func send(
        _ connection: FramedClientConnection, _ service: String, _ method: String, _ request: some Message
    )
        -> EventLoopFuture<Void>
    {
        do {
            return ask(connection, service, method, try request.serializedBytes()).map { _ in }
        } catch {
            return connection.eventLoop.makeFailedFuture(error)
        }
    }

    /// Makes a call; the future completes on the connection's loop with the reply.
    func ask(
        _ connection: FramedClientConnection, _ service: String, _ method: String, _ request: [UInt8]
    ) -> EventLoopFuture<ByteBuffer> {
        connection.call(
            service: "holdfast.v1.\(service)", method: method, message: ByteBuffer(bytes: request),
            timeout: .seconds(30)
        ).map(\.message)
    }

    private func workload(
        _ name: String, _ options: BenchOptions, _ service: String, _ method: String,
        _ request: @escaping @Sendable (_ sku: String) -> some Message
    ) -> Workload {
        let slots = options.connections * options.depth
        return Workload(
            name: name, loops: (0..<slots).map { connections[$0 % connections.count].eventLoop }
        ) { slot in
            send(
                connections[slot % connections.count], service, method,
                request(skus[Int.random(in: 0..<skus.count)]))
        }
    }

    /// CheckAvailability of one article.
    func availability(_ options: BenchOptions) -> Workload {
        workload("CheckAvailability, 1 item", options, "AvailabilityService", "CheckAvailability") { sku in
            Holdfast_V1_CheckAvailabilityRequest.with {
                $0.items = [
                    .with {
                        $0.sku = sku
                        $0.location = ServiceCalls.location
                        $0.quantity = 1
                    }
                ]
            }
        }
    }

    /// Reserve of one line, durable.
    func reserve(_ options: BenchOptions) -> Workload {
        workload("Reserve, 1 line, durable", options, "ReservationService", "Reserve") { sku in
            Holdfast_V1_ReserveRequest.with {
                $0.reservationID = ServiceCalls.id()
                $0.channel = ServiceCalls.channel
                $0.lines = [
                    .with {
                        $0.sku = sku
                        $0.location = ServiceCalls.location
                        $0.quantity = 1
                    }
                ]
            }
        }
    }

    /// PlaceOrder of one line without a reservation, durable.
    func placeOrder(_ options: BenchOptions) -> Workload {
        workload("PlaceOrder, 1 line, durable", options, "OrderService", "PlaceOrder") { sku in
            Holdfast_V1_PlaceOrderRequest.with {
                $0.orderID = ServiceCalls.id()
                $0.channel = ServiceCalls.channel
                $0.externalID = $0.orderID
                $0.lines = [
                    .with {
                        $0.sku = sku
                        $0.location = ServiceCalls.location
                        $0.quantity = 1
                        $0.unitPrice = .with {
                            $0.currencyCode = "GBP"
                            $0.units = 1
                        }
                    }
                ]
            }
        }
    }

    /// The books of both stores.
    func books() async throws -> Holdfast_V1_CheckBooksResponse {
        guard let connection = connections.first else { throw BenchError.noConnection }
        let bytes: [UInt8] = try Holdfast_V1_CheckBooksRequest().serializedBytes()
        let answer = try await connection.call(
            service: "holdfast.v1.OperationsService", method: "CheckBooks", message: ByteBuffer(bytes: bytes),
            timeout: .seconds(300)
        ).get()
        return try Holdfast_V1_CheckBooksResponse(serializedBytes: Array(buffer: answer.message))
    }

    /// Closes the connections.
    func close() async throws {
        for connection in connections { try await connection.close() }
    }
}
