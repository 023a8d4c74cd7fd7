import CoreMetrics
import Logging

/// Counts what is logged, by level: a rate of errors is worth an alert.
struct LogEventCounters: Sendable {
    private let counters: [Counter]

    init(factory: any MetricsFactory) {
        counters = Logger.Level.allCases.map { level in
            Counter(label: "holdfast_log_events_total", dimensions: [("level", level.rawValue)], factory: factory)
        }
    }

    /// Counts an event.
    @Sendable func count(_ level: Logger.Level) {
        guard let index = Logger.Level.allCases.firstIndex(of: level) else { return }
        counters[index].increment()
    }
}
