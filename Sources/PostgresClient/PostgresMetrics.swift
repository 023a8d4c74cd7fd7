public import CoreMetrics

/// What a pool of connections counts; handles are made once.
public struct PostgresMetrics: Sendable {
    /// How long callers waited for a connection.
    let waitTime: Timer
    /// How long they used it.
    let useTime: Timer
    /// Connections made.
    let connected: Counter
    /// Connections that ended while they were wanted.
    let lost: Counter
    /// Callers that were sent away without a connection, by reason.
    let refusedExhausted: Counter
    let refusedUnavailable: Counter
    private let refusals: [String: Counter]
    private let otherRefusals: Counter

    /// The classes of SQLSTATE that a client of this kind meets.
    static let classes = ["08", "0A", "22", "23", "25", "26", "40", "42", "53", "54", "55", "57", "58", "P0", "XX"]

    /// Makes the handles.
    public init(factory: any MetricsFactory) {
        waitTime = Timer(label: "holdfast_postgres_pool_wait_seconds", dimensions: [], factory: factory)
        useTime = Timer(label: "holdfast_postgres_pool_use_seconds", dimensions: [], factory: factory)
        connected = Counter(label: "holdfast_postgres_connects_total", factory: factory)
        lost = Counter(label: "holdfast_postgres_connections_lost_total", factory: factory)
        func refused(_ reason: String) -> Counter {
            Counter(
                label: "holdfast_postgres_pool_refusals_total", dimensions: [("reason", reason)], factory: factory)
        }
        refusedExhausted = refused("exhausted")
        refusedUnavailable = refused("unavailable")
        func errors(_ name: String) -> Counter {
            Counter(
                label: "holdfast_postgres_statement_errors_total", dimensions: [("class", name)], factory: factory)
        }
        refusals = Dictionary(uniqueKeysWithValues: PostgresMetrics.classes.map { ($0, errors($0)) })
        otherRefusals = errors("other")
    }

    /// Counts nothing.
    public static let off = PostgresMetrics(factory: NOOPMetricsHandler.instance)

    /// The server refused a statement.
    func refused(_ state: SQLState) {
        (refusals[String(state.rawValue.prefix(2))] ?? otherRefusals).increment()
    }
}
