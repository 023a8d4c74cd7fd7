public import FramedTransport
public import GRPCCore
public import Logging
public import OrderPromising

/// All that this server answers, for both lanes.
public enum ServiceRegistry {
    /// Every service, one implementation for all transports.
    public static func all(
        promising: OrderPromising, serving: ServingState, logger: Logger
    ) -> [any RegistrableRPCService] {
        let services: [any RegistrableRPCService] = [
            CatalogService(promising: promising, logger: logger),
            InventoryService(promising: promising, logger: logger),
            AvailabilityService(promising: promising, logger: logger),
            ReservationService(promising: promising, logger: logger),
            OrderService(promising: promising, logger: logger),
            OperationsService(promising: promising, logger: logger),
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
    public static func fastLane(promising: OrderPromising, logger: Logger) -> FastLane {
        let services = FastLaneServices(promising: promising, logger: logger)
        var lane = FastLane()
        services.register(in: &lane)
        return lane
    }
}
