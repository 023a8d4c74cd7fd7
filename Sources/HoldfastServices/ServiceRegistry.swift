public import Domain
public import FramedTransport
public import GRPCCore
import HoldfastAPI
public import Logging
public import OrderProcessing
public import OrderPromising

/// All that this server answers, for both lanes.
public enum ServiceRegistry {
    /// Methods that need no credentials.
    public static let openMethods: Set<MethodDescriptor> = [Grpc_Health_V1_Health.Method.Check.descriptor]

    /// Every service, one implementation for all transports.
    ///
    /// They answer to whom ``CallerContext`` names: put an ``AccessInterceptor`` before them.
    public static func all(
        promising: OrderPromising, processing: OrderProcessing? = nil, serving: ServingState, keys: any KeyMint,
        logger: Logger
    ) -> [any RegistrableRPCService] {
        let processing = processing ?? OrderProcessing(promising: promising, logger: logger)
        let services: [any RegistrableRPCService] = [
            CatalogService(promising: promising, logger: logger),
            InventoryService(promising: promising, logger: logger),
            AvailabilityService(promising: promising, logger: logger),
            ReservationService(promising: promising, logger: logger),
            OrderService(promising: promising, logger: logger),
            OrderReviewService(processing: processing, logger: logger),
            OrderAmendmentService(processing: processing, logger: logger),
            LateCancellationService(processing: processing, logger: logger),
            DraftService(promising: promising, logger: logger),
            FulfilmentService(processing: processing, logger: logger),
            TrackingService(promising: promising, logger: logger),
            BackorderService(promising: promising, logger: logger),
            SourcingService(promising: promising, logger: logger),
            CustomerService(promising: promising, logger: logger),
            PaymentService(processing: processing, logger: logger),
            ReturnService(processing: processing, logger: logger),
            EventService(promising: promising, serving: serving, logger: logger),
            OperationsService(promising: promising, logger: logger),
            AccessService(promising: promising, keys: keys, logger: logger),
        ]
        return services + [HealthService(serving: serving, names: names(of: services))]
    }

    /// The full names of services.
    public static func names(of services: [any RegistrableRPCService]) -> Set<String> {
        var router = RPCRouter<FramedServerTransport>()
        for service in services { service.registerMethods(with: &router) }
        return Set(router.methods.map { $0.service.fullyQualifiedService })
    }

    /// The hot methods, answered on the connection's own event loop with the same answers as the services give.
    ///
    /// - Parameters:
    ///   - promising: what answers.
    ///   - unidentified: who calls where the transport names nobody, which is so where it verifies no credentials.
    ///   - logger: where faults are told.
    /// - Returns: the lane.
    public static func fastLane(
        promising: OrderPromising, unidentified: Caller = .nobody, logger: Logger
    ) -> FastLane {
        let services = FastLaneServices(
            promising: promising, access: FastLaneAccess(unidentified: unidentified), logger: logger)
        var lane = FastLane()
        services.register(in: &lane)
        return lane
    }
}
