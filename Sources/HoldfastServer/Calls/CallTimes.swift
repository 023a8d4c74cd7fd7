import GRPCCore
import HoldfastAPI
import NIOCore

/// How long calls may take whose clients say nothing, on both ports.
enum CallTimes {
    /// A call of a method that has no time of its own: 30 s.
    static let usual = TimeAmount.seconds(30)
    /// The most that a client may give a call: 10 minutes.
    static let longest = TimeAmount.minutes(10)

    /// Methods with a time of their own.
    ///
    /// What a customer waits for has 10 s: after that nobody stands at the till any more. Adding up the books reads
    /// all of them.
    static let byMethod: [MethodDescriptor: TimeAmount] = [
        Holdfast_V1_AvailabilityService.Method.CheckAvailability.descriptor: .seconds(10),
        Holdfast_V1_ReservationService.Method.Reserve.descriptor: .seconds(10),
        Holdfast_V1_ReservationService.Method.ExtendReservation.descriptor: .seconds(10),
        Holdfast_V1_ReservationService.Method.ReleaseReservation.descriptor: .seconds(10),
        Holdfast_V1_OperationsService.Method.CheckBooks.descriptor: .minutes(2),
    ]

    /// The time of a method.
    static func time(of method: MethodDescriptor) -> TimeAmount { byMethod[method] ?? usual }
}
