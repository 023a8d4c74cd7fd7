/// When and how often calls are repeated.
///
/// What is repeated, always with the same bytes and within the call's deadline:
/// - any call that surely did not start: no connection could be made, or the server said that it drains;
/// - reads, and mutations that carry an id of the caller's making, where the server was UNAVAILABLE or overloaded, or the
///   connection ended before the answer came. Their outcome may be open then, and the repetition finds it out.
///
/// Everything else fails at once. Waits between attempts grow, with an element of chance; a server that says when to come
/// back is obeyed. Another endpoint is tried without a wait.
///
/// ```swift
/// configuration.repetition.maxAttempts = 8
/// configuration.repetition = .never
/// ```
public struct RepetitionPolicy: Hashable, Sendable {
    /// Attempts of one call, the first one included: 5.
    ///
    /// 1 or less never repeats.
    public var maxAttempts = 5

    /// Wait before the first repetition: 50 ms; each further one is twice as long.
    ///
    /// Chance shortens each to between a half and the whole.
    public var firstWait = Duration.milliseconds(50)

    /// Longest wait of the client's own making: 2 s.
    ///
    /// One that the server asks for may be longer.
    public var maxWait = Duration.seconds(2)

    /// Repetitions that all calls together have in stock: 100.
    ///
    /// A repetition takes one out, and each success puts ``budgetPerSuccess`` back. While half or less is left nothing is
    /// repeated, so that clients do not multiply the load of a service that fails.
    public var budget = 100.0

    /// What one success puts back into the budget: 0.1.
    public var budgetPerSuccess = 0.1

    /// The defaults.
    public init() {}

    /// Makes every call once, except that a call moves on from an endpoint that cannot be reached or drains.
    public static var never: RepetitionPolicy {
        var policy = RepetitionPolicy()
        policy.maxAttempts = 1
        return policy
    }
}
