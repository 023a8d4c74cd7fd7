public import GRPCCore

/// How long calls may take whose callers say nothing.
///
/// The server gives a call that comes without a deadline this time, and HoldfastClient asks for the same, so that it makes
/// no difference which of them decides.
public enum HoldfastDeadlines {
    /// A call of a method that has no time of its own: 30 s.
    public static let usual = Duration.seconds(30)

    /// The most that a caller may give a call: 10 minutes.
    public static let longest = Duration.seconds(600)

    /// Methods with a time of their own.
    ///
    /// What a customer waits for has 10 s: after that nobody stands at the till any more. Adding up the books reads
    /// all of them, and has 2 minutes.
    public static let byMethod: [MethodDescriptor: Duration] = [
        Holdfast_V1_AvailabilityService.Method.CheckAvailability.descriptor: .seconds(10),
        Holdfast_V1_ReservationService.Method.Reserve.descriptor: .seconds(10),
        Holdfast_V1_ReservationService.Method.ExtendReservation.descriptor: .seconds(10),
        Holdfast_V1_ReservationService.Method.ReleaseReservation.descriptor: .seconds(10),
        Holdfast_V1_OperationsService.Method.CheckBooks.descriptor: .seconds(120),
    ]

    private static let byName = Dictionary(
        uniqueKeysWithValues: byMethod.map { ($0.key.fullyQualifiedMethod, $0.value) })

    /// The time of a method, which is found by its full name.
    public static func time(of method: MethodDescriptor) -> Duration { byName[method.fullyQualifiedMethod] ?? usual }
}
