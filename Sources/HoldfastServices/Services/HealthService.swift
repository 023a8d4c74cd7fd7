public import GRPCCore
import GRPCProtobuf
public import HoldfastAPI
import SwiftProtobuf

/// Whether the server, or one of its services, can take calls; all services share the server's state.
public struct HealthService: Grpc_Health_V1_Health.SimpleServiceProtocol {
    /// How often the state is looked at for those who watch it.
    private static let interval = Duration.milliseconds(100)

    private let serving: ServingState
    /// Full names of the services that can be asked about; the empty one is the server as a whole.
    private let names: Set<String>

    /// Makes the service.
    ///
    /// - Parameters:
    ///   - serving: The state of the server.
    ///   - names: Full names of the services that can be asked about, this one aside.
    public init(serving: ServingState, names: some Sequence<String>) {
        self.serving = serving
        self.names = Set(names).union(["", Grpc_Health_V1_Health.descriptor.fullyQualifiedService])
    }

    /// Returns the state now.
    public func check(
        request: Grpc_Health_V1_HealthCheckRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthCheckResponse {
        guard names.contains(request.service) else {
            throw RPCError(
                GoogleRPCStatus(
                    code: .notFound, message: "there is no service of this name",
                    details: .errorInfo(
                        reason: "SERVICE_NOT_FOUND", domain: RefusalStatus.domain, metadata: ["name": request.service]))
            )
        }
        return state
    }

    /// Returns the state of every service now.
    public func list(
        request: Grpc_Health_V1_HealthListRequest, context: ServerContext
    ) async throws -> Grpc_Health_V1_HealthListResponse {
        let state = state
        return .with { response in
            response.statuses = Dictionary(uniqueKeysWithValues: names.map { ($0, state) })
        }
    }

    /// Writes the state now and whenever it changes, until the caller leaves or the server stops.
    public func watch(
        request: Grpc_Health_V1_HealthCheckRequest, response: RPCWriter<Grpc_Health_V1_HealthCheckResponse>,
        context: ServerContext
    ) async throws {
        let isKnown = names.contains(request.service)
        var told: Grpc_Health_V1_HealthCheckResponse?
        while true {
            // Looked at first, so that a watcher hears NOT_SERVING before its stream ends.
            let isDraining = serving.isDraining
            let now = isKnown ? state : .with { $0.status = .serviceUnknown }
            if now != told { try await response.write(now) }
            told = now
            if isDraining { throw Self.stopping }
            // A drain cancels the call as well, and is told in the next round.
            if context.cancellation.isCancelled, !serving.isDraining { throw CancellationError() }
            try await Task.sleep(for: Self.interval)
        }
    }

    private var state: Grpc_Health_V1_HealthCheckResponse {
        .with { $0.status = serving.isServing ? .serving : .notServing }
    }

    private static var stopping: GoogleRPCStatus {
        GoogleRPCStatus(
            code: .unavailable, message: "the server stops",
            details: .errorInfo(reason: "STOPPING", domain: RefusalStatus.domain))
    }
}
