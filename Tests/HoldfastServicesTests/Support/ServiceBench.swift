import Carriers
import Domain
import GRPCCore
import HoldfastServices
import HoldfastTesting
import Logging
import OrderProcessing
import OrderPromising
import Testing

/// The services over a deployment of its own, called as a transport would.
struct ServiceBench {
    let deployment: TestDeployment
    let catalog: CatalogService
    let inventory: InventoryService
    let availability: AvailabilityService
    let reservations: ReservationService
    let orders: OrderService
    let processing: OrderProcessing
    let returns: ReturnService
    let payments: PaymentService
    let operations: OperationsService
    let health: HealthService
    let fulfilment: FulfilmentService
    let tracking: TrackingService

    init(_ deployment: TestDeployment, carriers: CarrierDirectory = CarrierDirectory([RateTableCarrier.own])) {
        let logger = Logger(label: "test")
        self.deployment = deployment
        catalog = CatalogService(promising: deployment.promising, logger: logger)
        inventory = InventoryService(promising: deployment.promising, logger: logger)
        availability = AvailabilityService(promising: deployment.promising, logger: logger)
        reservations = ReservationService(promising: deployment.promising, logger: logger)
        orders = OrderService(promising: deployment.promising, logger: logger)
        processing = OrderProcessing(promising: deployment.promising, carriers: carriers, logger: logger)
        fulfilment = FulfilmentService(processing: processing, logger: logger)
        tracking = TrackingService(promising: deployment.promising, logger: logger)
        returns = ReturnService(processing: processing, logger: logger)
        payments = PaymentService(processing: processing, logger: logger)
        operations = OperationsService(promising: deployment.promising, logger: logger)
        let promising = deployment.promising
        health = HealthService(serving: ServingState { promising.isReady }, names: ["holdfast.v1.OrderService"])
    }

    /// Runs a body against fresh services.
    static func with(
        carriers: CarrierDirectory = CarrierDirectory([RateTableCarrier.own]),
        _ body: @Sendable (ServiceBench, ServerContext) async throws -> Void
    ) async throws {
        try await TestDeployment.with { deployment in
            try await withServerContextRPCCancellationHandle { cancellation in
                let context = ServerContext(
                    descriptor: MethodDescriptor(fullyQualifiedService: "test", method: "Test"),
                    remotePeer: "in-process:1", localPeer: "in-process:2", cancellation: cancellation)
                try await CallerContext.$current.withValue(.anonymous) {
                    try await body(ServiceBench(deployment, carriers: carriers), context)
                }
            }
        }
    }
}

/// The status that a call fails with.
func status<Reply>(of call: () async throws -> Reply) async throws -> RPCError {
    do {
        let reply = try await call()
        Issue.record("the call was answered: \(reply)")
        throw TestFailure("a refusal was expected")
    } catch let error as RPCError {
        return error
    }
}
