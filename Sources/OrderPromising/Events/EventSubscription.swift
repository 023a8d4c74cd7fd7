public import Domain
public import Ledger
import Synchronization

/// One reader of the events: where it stands, and its sleep until there is more.
///
/// It is used by one task at a time; others only wake it.
public final class EventSubscription: Sendable {
    /// How long it sleeps at most, so that its owner can look after other things.
    public static let longestSleep = Duration.seconds(1)

    private struct State {
        var place: EventPosition
        var isWoken = false
        var sleeper: CheckedContinuation<Void, Never>?
        var sleepsUntil: ContinuousClock.Instant?
    }

    private let feed: EventFeed
    private let state: Mutex<State>

    init(at place: EventPosition, feed: EventFeed) {
        self.feed = feed
        state = Mutex(State(place: place))
    }

    /// The last event that was dealt with.
    public var place: EventPosition { state.withLock { $0.place } }

    /// The events behind its place; empty where there are none for now.
    ///
    /// Throws ``LostPlace`` where the place no longer stands, and `Refusal`.
    public func next() async throws -> [OutboxEntry] {
        let page = try await feed.page(after: place)
        guard page.standing == .stands else {
            feed.lost(page.standing)
            throw LostPlace(standing: page.standing)
        }
        return page.entries
    }

    /// What events tell.
    public func facts(of entries: some Collection<OutboxEntry>) async throws -> [EventPosition: EventFacts] {
        try await feed.facts(of: Array(entries))
    }

    /// Goes on behind an event that was told or left out.
    public func advance(to place: EventPosition, told: Bool) {
        state.withLock { $0.place = place }
        if told { feed.sent() }
    }

    /// Sleeps until the outbox's end is elsewhere than its place, it is woken, or ``longestSleep`` is over.
    public func sleep() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isWoken = state.withLock { state in
                    if state.isWoken || Task.isCancelled {
                        state.isWoken = false
                        return true
                    }
                    state.sleeper = continuation
                    state.sleepsUntil = ContinuousClock.now + Self.longestSleep
                    return false
                }
                if isWoken { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
    }

    /// Ends the sleep, or the next one.
    public func wake() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            state.isWoken = state.sleeper == nil
            return state.sleeper
        }
        sleeper?.resume()
    }

    /// Hears of a look at the outbox.
    func told(of head: EventPosition) {
        let sleeper = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard let until = state.sleepsUntil, state.sleeper != nil else { return nil }
            guard head != state.place || ContinuousClock.now >= until else { return nil }
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}

/// A place that is no longer one to go on from.
public struct LostPlace: Error, Hashable, Sendable {
    /// What became of it.
    public var standing: EventStanding
}
