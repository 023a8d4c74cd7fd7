public import GRPCCore
public import HoldfastAPI
import TraceContext

/// A client of a Holdfast service: the stubs of every service over connections that look after themselves.
///
/// ```swift
/// var configuration = HoldfastClientConfiguration(endpoints: try HoldfastEndpoint.list("oms-1:7411,oms-2:7411"))
/// configuration.credential = .apiKeyFile("/run/secrets/holdfast-key")
/// try await withHoldfastClient(configuration) { client in
///     let reply = try await client.availability.checkAvailability(
///         .with { $0.items = [.with { $0.sku = "MUG-WHITE"; $0.quantity = 1 }] })
///     print(reply.items[0].available)
/// }
/// ```
///
/// A program that lives longer makes the client once and runs it beside its other services; ``run()`` has the shape that
/// service groups expect:
///
/// ```swift
/// let client = try HoldfastClient(configuration)
/// try await withThrowingDiscardingTaskGroup { group in
///     group.addTask { try await client.run() }
///     try await serve(using: client)
///     client.beginGracefulShutdown()
/// }
/// ```
///
/// Calls spread over the endpoints that can be reached. A call that failed because a server went away, drains or is
/// overloaded is repeated within its deadline with the same bytes where that is safe: see ``RepetitionPolicy``. So give
/// every mutation an id of its own and let the client repeat it; after a failure that leaves the outcome open, make the
/// call again with the same id.
public final class HoldfastClient: Sendable {
    /// The client that the stubs are made of, for stubs of your own and for interceptors.
    public let grpc: GRPCClient<HoldfastTransport>

    /// Products, locations and channels.
    public let catalog: Holdfast_V1_CatalogService.Client<HoldfastTransport>
    /// Stock on hand and its movements.
    public let inventory: Holdfast_V1_InventoryService.Client<HoldfastTransport>
    /// What can be promised.
    public let availability: Holdfast_V1_AvailabilityService.Client<HoldfastTransport>
    /// Reservations, which hold stock for a time.
    public let reservations: Holdfast_V1_ReservationService.Client<HoldfastTransport>
    /// Orders.
    public let orders: Holdfast_V1_OrderService.Client<HoldfastTransport>
    /// Reviews of orders: holds and their approval, the channels' own prices.
    public let reviews: Holdfast_V1_OrderReviewService.Client<HoldfastTransport>
    /// Changes of orders.
    public let amendments: Holdfast_V1_OrderAmendmentService.Client<HoldfastTransport>
    /// Wishes to cancel what is being fulfilled already.
    public let lateCancellations: Holdfast_V1_LateCancellationService.Client<HoldfastTransport>
    /// Drafts and quotes.
    public let drafts: Holdfast_V1_DraftService.Client<HoldfastTransport>
    /// What orders are paid with, stored value, documents.
    public let payments: Holdfast_V1_PaymentService.Client<HoldfastTransport>
    /// Lines that wait for supply.
    public let backorders: Holdfast_V1_BackorderService.Client<HoldfastTransport>
    /// Which location serves what.
    public let sourcing: Holdfast_V1_SourcingService.Client<HoldfastTransport>
    /// Picking, packing, shipping, pickup, orders to suppliers.
    public let fulfilment: Holdfast_V1_FulfilmentService.Client<HoldfastTransport>
    /// What a customer may know of an order's way.
    public let tracking: Holdfast_V1_TrackingService.Client<HoldfastTransport>
    /// Returns, claims and exchanges.
    public let returns: Holdfast_V1_ReturnService.Client<HoldfastTransport>
    /// Customers, and their orders over all channels.
    public let customers: Holdfast_V1_CustomerService.Client<HoldfastTransport>
    /// Events, as they are streamed; ``HoldfastEvents`` follows them over losses of the connection.
    public let events: Holdfast_V1_EventService.Client<HoldfastTransport>
    /// What operators ask.
    public let operations: Holdfast_V1_OperationsService.Client<HoldfastTransport>
    /// API keys, the audit log, and who the caller is.
    public let access: Holdfast_V1_AccessService.Client<HoldfastTransport>
    /// Whether a server serves.
    public let health: Grpc_Health_V1_Health.Client<HoldfastTransport>

    /// Makes a client; it connects when ``run()`` does.
    ///
    /// - Parameter configuration: Where the service is, and how to call it.
    /// - Throws: ``HoldfastConfigurationError`` where the configuration cannot be used, for example because a file of it
    ///   cannot be read.
    public convenience init(_ configuration: HoldfastClientConfiguration) throws {
        self.init(
            wrapping: GRPCClient(
                transport: try HoldfastTransport(configuration), interceptors: configuration.allInterceptors))
    }

    init(wrapping grpc: GRPCClient<HoldfastTransport>) {
        self.grpc = grpc
        catalog = .init(wrapping: grpc)
        inventory = .init(wrapping: grpc)
        availability = .init(wrapping: grpc)
        reservations = .init(wrapping: grpc)
        orders = .init(wrapping: grpc)
        reviews = .init(wrapping: grpc)
        amendments = .init(wrapping: grpc)
        lateCancellations = .init(wrapping: grpc)
        drafts = .init(wrapping: grpc)
        payments = .init(wrapping: grpc)
        backorders = .init(wrapping: grpc)
        sourcing = .init(wrapping: grpc)
        fulfilment = .init(wrapping: grpc)
        tracking = .init(wrapping: grpc)
        returns = .init(wrapping: grpc)
        customers = .init(wrapping: grpc)
        events = .init(wrapping: grpc)
        operations = .init(wrapping: grpc)
        access = .init(wrapping: grpc)
        health = .init(wrapping: grpc)
    }

    /// Keeps the connections until ``beginGracefulShutdown()`` and the end of the last call.
    ///
    /// Cancelling it ends the connections at once; calls that run then fail.
    ///
    /// - Throws: When the client runs already or has been shut down.
    public func run() async throws {
        try await grpc.runConnections()
    }

    /// Refuses new calls; ``run()`` returns when the running ones have ended.
    public func beginGracefulShutdown() {
        grpc.beginGracefulShutdown()
    }
}

/// Runs a client for the time of a body.
///
/// ```swift
/// let order = try await withHoldfastClient(configuration) { client in
///     try await client.orders.getOrder(.with { $0.orderID = id }).order
/// }
/// ```
///
/// - Parameters:
///   - configuration: Where the service is, and how to call it.
///   - body: Makes the calls; when it returns or throws the client shuts down.
/// - Returns: What the body returns.
/// - Throws: What the body throws, and ``HoldfastConfigurationError`` where the configuration cannot be used.
public func withHoldfastClient<Result: Sendable>(
    _ configuration: HoldfastClientConfiguration, _ body: (HoldfastClient) async throws -> Result
) async throws -> Result {
    let transport = try HoldfastTransport(configuration)
    return try await withRunningClient(transport, interceptors: configuration.allInterceptors) { grpc in
        try await body(HoldfastClient(wrapping: grpc))
    }
}

extension HoldfastClientConfiguration {
    /// The trace goes on last, so that the user's interceptors may set it.
    fileprivate var allInterceptors: [any ClientInterceptor] { interceptors + [TracingClientInterceptor()] }
}
