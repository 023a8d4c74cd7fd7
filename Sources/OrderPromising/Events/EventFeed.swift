import CoreMetrics
public import Domain
import Ledger
import Logging
import Synchronization

/// Tells subscriptions when there is something to read, and bounds what they read.
///
/// One look at the outbox serves all subscriptions of a server, and there is none while nobody is subscribed: a subscription
/// that has read everything waits and costs nothing. It reads page by page as its client takes the events; of all
/// subscriptions together at most ``readers`` read at the same time, so that they leave the connections to trade. Who waits
/// longer reads more at once.
///
/// PostgreSQL's notifications are not used: a commit with one takes a lock on all commits of the cluster.
///
/// A look that fails is repeated; meanwhile subscriptions wait, and a page that cannot be read ends its subscription.
public final class EventFeed: Sendable {
    /// Pause between two looks.
    public static let interval = Duration.milliseconds(100)
    /// Most events that are read at once, without their facts.
    public static let pageSize: Int32 = 500
    /// Most subscriptions that read at the same time.
    public static let readers = 2

    private struct State {
        var subscriptions: [ObjectIdentifier: EventSubscription] = [:]
    }

    private let ledger: Ledger
    private let metrics: EventMetrics
    private let logger: Logger
    private let state = Mutex(State())
    /// Reads end by PostgreSQL's own times, and so does a wait for them.
    private let reading = Turnstile(EventFeed.readers)
    private let (someone, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(ledger: Ledger, metrics: EventMetrics, logger: Logger) {
        self.ledger = ledger
        self.metrics = metrics
        self.logger = logger
    }

    /// Subscriptions that are open.
    public var count: Int { state.withLock { $0.subscriptions.count } }

    /// Where they stand, in no order.
    public var places: [EventPosition] { state.withLock { $0.subscriptions.values.map(\.place) } }

    /// Looks until cancelled, as long as anybody is subscribed.
    func run() async {
        var failing = false
        for await _ in someone {
            while !Task.isCancelled, count > 0 {
                do {
                    let head = try await ledger.eventsHead()
                    metrics.delay.set(Double(head.delayMilliseconds) / 1_000)
                    for subscription in state.withLock({ Array($0.subscriptions.values) }) {
                        subscription.told(of: head.head)
                    }
                    failing = false
                } catch is CancellationError {
                    break
                } catch {
                    metrics.looksFailed.increment()
                    if !failing { logger.warning("events cannot be looked for", metadata: ["error": "\(error)"]) }
                    failing = true
                }
                do { try await Task.sleep(for: Self.interval) } catch { break }
            }
            metrics.delay.set(0)
        }
    }

    /// Opens a subscription that stands at a place.
    func open(at place: EventPosition) -> EventSubscription {
        let subscription = EventSubscription(at: place, feed: self)
        let count = state.withLock { state in
            state.subscriptions[ObjectIdentifier(subscription)] = subscription
            return state.subscriptions.count
        }
        metrics.streams.set(count)
        wake.yield()
        return subscription
    }

    /// Where events begin: the oldest place, or the newest one.
    public func place(_ start: EventOrigin) async throws -> EventPosition {
        let head = try await ledger.eventsHead()
        return start == .oldest ? head.floor : head.head
    }

    /// Opens a subscription, runs a body with it and closes it.
    public func withSubscription<R>(
        at place: EventPosition, _ body: (EventSubscription) async throws -> R
    ) async throws -> R {
        let subscription = open(at: place)
        defer { close(subscription) }
        return try await body(subscription)
    }

    private func close(_ subscription: EventSubscription) {
        let count = state.withLock { state in
            state.subscriptions[ObjectIdentifier(subscription)] = nil
            return state.subscriptions.count
        }
        metrics.streams.set(count)
    }

    func page(after place: EventPosition) async throws -> EventsPage {
        try await reading.pass { try await self.ledger.events(after: place, limit: Self.pageSize) }
    }

    func facts(of entries: [OutboxEntry]) async throws -> [EventPosition: EventFacts] {
        try await reading.pass { try await self.ledger.facts(of: entries) }
    }

    /// Counts an event that was handed to its stream.
    func sent() {
        metrics.sent.increment()
    }

    /// Counts a place that no longer stands.
    func lost(_ standing: EventStanding) {
        switch standing {
        case .stands: break
        case .pruned: metrics.placesPruned.increment()
        case .undone: metrics.placesUndone.increment()
        }
    }
}

/// Where a subscription without a cursor begins.
public enum EventOrigin: Hashable, Sendable {
    /// With the oldest event that is kept.
    case oldest
    /// With the first one from now on.
    case now
}
