import Domain
public import GRPCCore
public import HoldfastAPI
public import Logging
public import OrderPromising
import SwiftProtobuf

/// Reservations hold stock for a time.
public struct ReservationService: Holdfast_V1_ReservationService.SimpleServiceProtocol {
    private let promising: OrderPromising
    private let answer: CallAnswer

    /// Makes the service over order promising.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Holds every line or none.
    public func reserve(
        request: Holdfast_V1_ReserveRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReserveResponse {
        let body = try IdempotentBody(.reserve, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PromisingRequests.reserve(request, body: body, by: CallerContext.current)
            let reservation = try await promising.reserve(asked, deadline: context.deadline)
            return .with { $0.reservation = Holdfast_V1_Reservation(reservation) }
        }
    }

    /// Moves the expiry of a live reservation.
    public func extendReservation(
        request: Holdfast_V1_ExtendReservationRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ExtendReservationResponse {
        let body = try IdempotentBody(.extendReservation, request).bytes
        return try await answer.answering(context, body: body) {
            let asked = try PromisingRequests.extend(request)
            let reply = try await promising.extend(
                asked.id, reservation: asked.reservation, ttlMilliseconds: asked.timeToLive, body: body,
                caller: CallerContext.current
            ) { expiresAt in
                var message = Holdfast_V1_ExtendReservationResponse()
                if let stamp = Google_Protobuf_Timestamp(expiresAt) { message.expiresAt = stamp }
                return try message.serializedBytes()
            }
            return try Holdfast_V1_ExtendReservationResponse(serializedBytes: reply)
        }
    }

    /// Gives the units of a reservation back.
    public func releaseReservation(
        request: Holdfast_V1_ReleaseReservationRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ReleaseReservationResponse {
        try await answer.answering(context) {
            let id = try PromisingRequests.reservation(request.reservationID)
            let state = try await promising.release(id, by: CallerContext.current)
            return .with { $0.state = Holdfast_V1_ReservationState(state) }
        }
    }

    /// Returns one reservation.
    public func getReservation(
        request: Holdfast_V1_GetReservationRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetReservationResponse {
        try await answer.answering(context) {
            let id = try PromisingRequests.reservation(request.reservationID)
            let reservation = try await promising.reservation(id, for: CallerContext.current)
            return .with { $0.reservation = Holdfast_V1_Reservation(reservation) }
        }
    }
}
