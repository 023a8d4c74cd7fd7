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
        [
            CatalogService(promising: promising, logger: logger),
            InventoryService(promising: promising, logger: logger),
            AvailabilityService(promising: promising, logger: logger),
            ReservationService(promising: promising, logger: logger),
            OrderService(promising: promising, logger: logger),
            OperationsService(promising: promising, logger: logger),
            HealthService(serving: serving),
        ]
    }

    /// The hot methods, answered on the connection's own event loop with the same answers as the services give.
    public static func fastLane(promising: OrderPromising, logger: Logger) -> FastLane {
        let services = FastLaneServices(promising: promising, logger: logger)
        var lane = FastLane()
        services.register(in: &lane)
        return lane
    }
}
