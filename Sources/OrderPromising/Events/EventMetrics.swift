import CoreMetrics

/// What subscriptions count.
struct EventMetrics: Sendable {
    /// Subscriptions that are open.
    let streams: Meter
    /// Events that were handed to their streams.
    let sent: Counter
    /// Places that were refused, or lost on the way.
    let placesPruned: Counter
    let placesUndone: Counter
    /// Looks at the outbox that failed.
    let looksFailed: Counter
    /// For how long the oldest committed event waits for a transaction that began before it, in seconds.
    let delay: Meter

    init(factory: any MetricsFactory) {
        streams = Meter(label: "holdfast_event_streams", dimensions: [], factory: factory)
        sent = Counter(label: "holdfast_events_sent_total", dimensions: [], factory: factory)
        func lost(_ reason: String) -> Counter {
            Counter(label: "holdfast_event_cursors_lost_total", dimensions: [("reason", reason)], factory: factory)
        }
        placesPruned = lost("pruned")
        placesUndone = lost("undone")
        looksFailed = Counter(label: "holdfast_event_looks_failed_total", dimensions: [], factory: factory)
        delay = Meter(label: "holdfast_event_delay_seconds", dimensions: [], factory: factory)
    }
}
