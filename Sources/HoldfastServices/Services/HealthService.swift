public import GRPCCore
public import HoldfastAPI
import SwiftProtobuf

/// Whether the server, or one of its services, can take calls.
public struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    private let serving: ServingState

    /// Full names of the services that can be asked about.
    static let names: Set<String> = [
        Holdfast_V1_CatalogService.descriptor.fullyQualifiedService,
        Holdfast_V1_InventoryService.descriptor.fullyQualifiedService,
        Holdfast_V1_AvailabilityService.descriptor.fullyQualifiedService,
        Holdfast_V1_ReservationService.descriptor.fullyQualifiedService,
        Holdfast_V1_OrderService.descriptor.fullyQualifiedService,
        Holdfast_V1_OperationsService.descriptor.fullyQualifiedService,
        Grpc_Health_V1_Health.descriptor.fullyQualifiedService,
    ]

    /// Makes the service over the state of a server.
    public init(serving: ServingState) {
        self.serving = serving
    }

    /// Returns the state now; all services share it.
    public func check(
        request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        guard request.service.isEmpty || HealthService.names.contains(request.service) else {
            throw RPCError(code: .notFound, message: "there is no service of this name")
        }
        return .with { $0.status = serving.isServing ? .serving : .notServing }
    }
}
