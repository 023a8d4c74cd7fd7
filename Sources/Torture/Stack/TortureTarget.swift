package import FramedTransport

/// Where a server is reached, and how.
package struct ServerPlace: Sendable {
    package var host: String
    package var port: Int
    /// What a connection needs besides: a credential, encryption.
    package var configuration = FramedClientConfiguration()

    /// Names a place.
    package init(host: String, port: Int, configuration: FramedClientConfiguration = FramedClientConfiguration()) {
        self.host = host
        self.port = port
        self.configuration = configuration
    }
}

/// What a run is made against: how its servers are reached, what can be done to it, and how it is looked at.
protocol TortureTarget: Sendable {
    /// Its servers.
    var places: [ServerPlace] { get }
    /// Whether others may have used this deployment before, and may use it now.
    var isShared: Bool { get }
    /// Whether orders can be paid by card: whether its gateway is the run's.
    var hasGateway: Bool { get }
    /// Whether a fault moves the clock that reservations expire by.
    var clockMayJump: Bool { get }

    /// Why a fault cannot be done here; nil where it can.
    func obstacle(to kind: FaultKind) -> String?
    /// Does a fault and undoes it; never throws, what fails is in the record.
    func run(_ fault: PlannedFault, _ history: History) async -> FaultRecord
    /// Undoes whatever a fault may have left.
    func heal() async throws
    /// Where availability is not exact, in words; empty where it is.
    func differences() async throws -> [String]
    /// What stands at the end.
    func facts(of keys: [KeyHistory]) async throws -> LedgerFacts
    /// What its books of what happened to orders after their capture say against it; they must agree at every moment.
    func lifeViolations() async throws -> [Violation]
    /// What its own books and logs say against it.
    func violations(beside keys: [KeyHistory]) async throws -> [Violation]
}
