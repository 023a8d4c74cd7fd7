public import Replay

/// What a replay has done, and whether the books add up after it.
public struct ReplayReport: Sendable {
    /// What the file offers, within the replay's scope.
    public let offered: OfferedReport
    /// What could not be read.
    public let problems: RowProblems
    /// What the service has.
    public let accepted: AcceptedFigures
    /// What it refused, by reason.
    public let refused: [String: RefusedFigures]
    /// Lines that have no operation.
    public let notReplayed: NotReplayed
    /// How fast it went.
    public let pace: ReplayPace
    /// How long calls took.
    public let latencies: [CallLatency]
    /// What the books say.
    public let books: BooksFigures
    /// What became of orders after their capture; nil where the replay ended there.
    public let life: LifeFigures?

    /// True where the service's books agree, it has taken as many units as the replay knows of, and the money of every
    /// order is accounted for.
    public var isSound: Bool { books.agree && books.unitsAgree && life?.accounts.isBalanced ?? true }

    /// Most problems of the file that a report names.
    static let problemsNamed = 100

    /// The report as one object, its members in a fixed order.
    public var json: JSONValue {
        .object(
            [
                .init("offered", offered.json),
                .init("problems", problemsJSON),
                .init("accepted", accepted.json),
                .init("refused", .object(refusedInOrder.map { .init($0.key, $0.value.json) })),
                .init("not_replayed", notReplayedJSON),
                .init("throughput", pace.json),
                .init("latency", Self.json(latencies)),
                .init("books", books.json),
            ] + (life.map { [.init("life", $0.json(currency: ShopNames.currency))] } ?? []))
    }

    var refusedInOrder: [(key: String, value: RefusedFigures)] { refused.sorted { $0.key < $1.key } }

    private var problemsJSON: JSONValue {
        .object([
            .init("rows_refused", .count(problems.refusedRows)),
            .init("count", .count(problems.count)),
            .init("input_broke_off", .boolean(problems.inputBrokeOff)),
            .init("first", .array(problems.first.prefix(Self.problemsNamed).map { .string($0.description) })),
        ])
    }

    private var notReplayedJSON: JSONValue {
        .object(
            NotReplayed.Reason.allCases.filter { notReplayed[$0].lines > 0 }.map { reason in
                .init(
                    reason.rawValue,
                    .object([
                        .init("lines", .count(notReplayed[reason].lines)),
                        .init("units", .integer(notReplayed[reason].units)),
                    ])
                )
            })
    }

    static func json(_ latencies: [CallLatency]) -> JSONValue {
        .object(latencies.map { .init($0.kind.rawValue, json($0)) })
    }

    private static func json(_ latency: CallLatency) -> JSONValue {
        .object([
            .init("count", .integer(Int64(clamping: latency.count))),
            .init("p50_ms", .string(milliseconds(latency.median))),
            .init("p99_ms", .string(milliseconds(latency.percentile99))),
            .init("p999_ms", .string(milliseconds(latency.percentile999))),
            .init("max_ms", .string(milliseconds(latency.longest))),
        ])
    }

    static func milliseconds(_ microseconds: UInt64) -> String {
        Decimals.text(Int64(clamping: microseconds), decimals: 3)
    }
}
