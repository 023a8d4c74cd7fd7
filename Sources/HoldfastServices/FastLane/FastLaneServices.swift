import Domain
import FramedTransport
import GRPCCore
import HoldfastAPI
import Logging
import NIOCore
import OrderPromising
import SwiftProtobuf
import TraceContext

/// The hot methods without a task per call: decode, validate, call and encode on the connection's event loop.
///
/// Requests are translated and validated, refusals told, by the code that the services use.
struct FastLaneServices: Sendable {
    private let promising: OrderPromising
    private let answer: CallAnswer
    private let access: FastLaneAccess

    init(promising: OrderPromising, access: FastLaneAccess, logger: Logger) {
        self.promising = promising
        self.access = access
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    private typealias Availability = Holdfast_V1_AvailabilityService.Method.CheckAvailability
    private typealias Reserve = Holdfast_V1_ReservationService.Method.Reserve
    private typealias Release = Holdfast_V1_ReservationService.Method.ReleaseReservation

    // Put together once, not with every call.
    private static let availability = Availability.descriptor.fullyQualifiedMethod
    private static let reserve = Reserve.descriptor.fullyQualifiedMethod
    private static let release = Release.descriptor.fullyQualifiedMethod

    func register(in lane: inout FastLane) {
        lane.register(Availability.descriptor) { checkAvailability($0) }
        lane.register(Reserve.descriptor) { reserve($0) }
        lane.register(Release.descriptor) { release($0) }
    }

    private func checkAvailability(_ call: FastLaneCall) {
        begin(call, Availability.descriptor) {
            let caller = try access.caller(of: call, Self.availability)
            let (items, fresh) = try PromisingRequests.availability(try decode(call), by: caller)
            let answered = promising.availability(
                items, fresh: fresh, within: caller.scope.locations, on: call.eventLoop)
            finish(call, Availability.descriptor, answered) {
                Holdfast_V1_CheckAvailabilityResponse($0, to: items)
            }
        }
    }

    private func reserve(_ call: FastLaneCall) {
        begin(call, Reserve.descriptor) {
            let caller = try access.caller(of: call, Self.reserve)
            let request: Holdfast_V1_ReserveRequest = try decode(call)
            let body = try IdempotentBody(.reserve, request).bytes
            let asked = try PromisingRequests.reserve(request, body: body, by: caller)
            let reserved = promising.reserve(asked, deadline: call.deadline, on: call.eventLoop)
            finish(call, Reserve.descriptor, reserved, body: body) { reservation in
                var message = Holdfast_V1_ReserveResponse()
                message.reservation = Holdfast_V1_Reservation(reservation)
                return message
            }
        }
    }

    private func release(_ call: FastLaneCall) {
        begin(call, Release.descriptor) {
            let caller = try access.caller(of: call, Self.release)
            let request: Holdfast_V1_ReleaseReservationRequest = try decode(call)
            let id = try PromisingRequests.reservation(request.reservationID)
            finish(call, Release.descriptor, promising.release(id, by: caller, on: call.eventLoop)) { state in
                var message = Holdfast_V1_ReleaseReservationResponse()
                message.state = Holdfast_V1_ReservationState(state)
                return message
            }
        }
    }

    // MARK: - Shapes

    /// Reads the request where it lies, without copying its bytes first.
    private func decode<Request: Message>(_ call: FastLaneCall) throws -> Request {
        let message = call.message
        do {
            var request = Request()
            try request.merge(serializedBytes: message.readableBytesSpan)
            return request
        } catch {
            throw RPCError(code: .invalidArgument, message: "the request is not a \(Request.protoMessageName)")
        }
    }

    private func begin(_ call: FastLaneCall, _ method: MethodDescriptor, _ work: () throws -> Void) {
        do {
            try work()
        } catch {
            call.fail(answer.error(error, method, trace: CallTrace(accepting: call.metadata)))
        }
    }

    private func finish<Value: Sendable>(
        _ call: FastLaneCall, _ method: MethodDescriptor, _ future: EventLoopFuture<Value>, body: [UInt8]? = nil,
        _ encode: @escaping @Sendable (Value) -> some Message
    ) {
        future.whenComplete { result in
            do {
                let bytes: [UInt8] = try encode(try result.get()).serializedBytes()
                call.succeed { $0.writeBytes(bytes) }
            } catch {
                call.fail(answer.error(error, method, body: body, trace: CallTrace(accepting: call.metadata)))
            }
        }
    }
}
