import Histogram
import Synchronization

/// Counts calls and how long their answers took; shared by all terminals of a run.
final class CallLog: Sendable {
    private struct Book {
        var latencies: [CallKind: Histogram<UInt64>] = [:]
        var repeated = 0
    }

    private let book = Mutex(Book())

    /// Notes an answer, be it a refusal.
    func answered(_ kind: CallKind, after time: Duration) {
        let microseconds = UInt64(max(0, time / .microseconds(1)))
        book.withLock { book in
            _ = book.latencies[kind, default: Histogram<UInt64>()].record(microseconds)
        }
    }

    /// Notes that a call is made once more, because an attempt was not answered or the server was not ready.
    func repeating() {
        book.withLock { $0.repeated += 1 }
    }

    /// Attempts that were followed by another.
    var repeated: Int { book.withLock { $0.repeated } }

    /// The figures of every kind of call that was answered, in the order of the kinds.
    var latencies: [CallLatency] {
        book.withLock { book in
            CallKind.allCases.compactMap { kind in book.latencies[kind].map { CallLatency(kind, $0) } }
        }
    }
}
