import HoldfastAPI
import NIOCore

/// What callers noticed of an outage.
public struct OutageReport: Sendable {
    /// How it was measured.
    public var options: OutageOptions
    /// When reservations were acknowledged, in order.
    var moments: [NIODeadline]
    var death: NIODeadline
    var restart: NIODeadline
    var started: NIODeadline
    var settled: NIODeadline?
    /// Reservations that were acknowledged, all in all.
    public var acknowledged: Int
    /// Those of them that are not there afterwards.
    public var lost: Int
    /// Answers that were no success, of calls that were repeated.
    public var refusals: Int
    var books: Holdfast_V1_CheckBooksResponse

    /// True where nothing was lost and the books agree.
    public var isGood: Bool { lost == 0 && books.agree && books.oversold == 0 }

    private func rate(from: NIODeadline, to: NIODeadline) -> Double {
        guard to > from else { return 0 }
        return Double(moments.count { $0 >= from && $0 < to }) / Self.seconds(to - from)
    }

    private static func seconds(_ time: TimeAmount) -> Double { Double(time.nanoseconds) / 1e9 }

    /// Reservations a second before.
    public var before: Double { rate(from: death - .nanoseconds(Int64(options.around * 1e9)) + .seconds(1), to: death) }

    /// Reservations a second from five seconds after the death until the restart.
    public var meanwhile: Double { rate(from: death + .seconds(5), to: restart) }

    /// Seconds from the death, or from the victim's being there again, to the first success; nil where there was none.
    func firstSuccess(after moment: NIODeadline) -> Double? {
        moments.first { $0 >= moment }.map { Self.seconds($0 - moment) }
    }

    /// Seconds of the longest time without a success, from the death on.
    public var longestSilence: Double {
        var longest = 0.0
        var last = death
        for moment in moments where moment >= death {
            longest = max(longest, Self.seconds(moment - last))
            last = moment
        }
        return longest
    }

    private var figures: [(name: String, value: String)] {
        func text(_ value: Double?) -> String { value.map(FigureTable.thousandths) ?? "never" }
        return [
            ("victim", options.victim.rawValue), ("down_seconds", text(options.seconds)),
            ("cells", "\(options.cells)"), ("live_reservations_at_start", "\(options.reservations)"),
            ("before_per_second", text(before.rounded())), ("meanwhile_per_second", text(meanwhile.rounded())),
            ("ratio", text(before > 0 ? meanwhile / before : 0)), ("longest_silence_seconds", text(longestSilence)),
            ("start_seconds", text(Self.seconds(started - restart))),
            ("first_success_after_start_seconds", text(firstSuccess(after: started))),
            ("as_before_after_seconds", text(settled.map { Self.seconds($0 - started) })),
            ("acknowledged", "\(acknowledged)"), ("lost", "\(lost)"), ("refused_and_repeated", "\(refusals)"),
            ("oversold", "\(books.oversold)"), ("books_agree", "\(books.agree)"),
        ]
    }

    /// A table for people.
    public var table: String { FigureTable.text(figures) }

    /// The same for machines.
    public var json: String {
        "{" + figures.map { name, value in "\"\(name)\": \"\(value)\"" }.joined(separator: ", ") + "}"
    }
}
