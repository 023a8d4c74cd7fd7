import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import Ledger
import OrderPromising
import SwiftProtobuf

/// One caller's stream of events.
struct EventStream: Sendable {
    /// Events whose facts are read at once: 32, of at most 1,000 lines each.
    static let portion = 32
    /// Shortest time between two looks whether the caller may go on, and between two messages that only move the cursor.
    private static let pause = Duration.seconds(1)

    let promising: OrderPromising
    let serving: ServingState
    let deployment: EntityID
    let filter: EventFilter
    let caller: Caller
    let renewal: (@Sendable () async throws -> Caller)?
    let cancellation: ServerContext.RPCCancellationHandle

    /// What the stream has told so far.
    private struct Progress {
        var caller: Caller
        var renewed = ContinuousClock.now
        /// The last place that the client knows; nil before the first message.
        var told: EventPosition?
        var toldAt = ContinuousClock.now
        var saidCaughtUp = false
    }

    /// The place of a start, which must be one to go on from.
    func place(of start: EventRequests.Start) async throws -> EventPosition {
        switch start {
        case .origin(let origin): return try await promising.events.place(origin)
        case .place(let place):
            // A standby could have a place without having what follows it.
            _ = try await promising.events.place(.now)
            return try await promising.events.withSubscription(at: place) { subscription in
                do {
                    _ = try await subscription.next()
                } catch let lost as LostPlace {
                    throw refusal(of: lost)
                }
                return place
            }
        }
    }

    /// Streams until the client leaves, may not go on, or the server stops.
    func run(
        from place: EventPosition, into writer: RPCWriter<Holdfast_V1_SubscribeResponse>
    ) async throws {
        try await promising.events.withSubscription(at: place) { subscription in
            try await withRPCCancellationHandler {
                var progress = Progress(caller: caller)
                try await tellPlace(subscription, &progress, caughtUp: false, writer)
                while true {
                    try await lookAfter(&progress)
                    let entries = try await read(subscription)
                    if entries.isEmpty {
                        let isNews = progress.told != subscription.place || !progress.saidCaughtUp
                        if isNews, !progress.saidCaughtUp || progress.toldAt + Self.pause <= .now {
                            try await tellPlace(subscription, &progress, caughtUp: true, writer)
                        }
                        await subscription.sleep()
                    } else {
                        try await tell(entries, subscription, &progress, writer)
                    }
                }
            } onCancelRPC: {
                subscription.wake()
            }
        }
    }

    private func read(_ subscription: EventSubscription) async throws -> [OutboxEntry] {
        do {
            return try await subscription.next()
        } catch let lost as LostPlace {
            throw refusal(of: lost)
        }
    }

    private func tell(
        _ entries: [OutboxEntry], _ subscription: EventSubscription, _ progress: inout Progress,
        _ writer: RPCWriter<Holdfast_V1_SubscribeResponse>
    ) async throws {
        var rest = entries[...]
        while !rest.isEmpty {
            try await lookAfter(&progress)
            let scope = progress.caller.scope
            // As many as hold a portion of wanted ones; what lies between is left out.
            var wanted: [OutboxEntry] = []
            var end = rest.startIndex
            while end < rest.endIndex, wanted.count < Self.portion {
                let entry = rest[end]
                if filter.admits(topic: entry.topic, subject: entry.subject, channel: entry.channel, for: scope) {
                    wanted.append(entry)
                }
                end += 1
            }
            let facts = wanted.isEmpty ? [:] : try await subscription.facts(of: wanted)
            for entry in wanted {
                var told = facts[entry.position]
                if let whole = told {
                    guard let part = whole.narrowed(to: scope) else { continue }
                    told = part
                }
                try goOn()
                let event = Holdfast_V1_Event(entry, told)
                try await writer.write(
                    .with {
                        $0.cursor = EventCursor(entry.position).text(for: deployment)
                        $0.event = event
                    })
                subscription.advance(to: entry.position, told: true)
                progress.told = entry.position
                progress.saidCaughtUp = false
            }
            subscription.advance(to: rest[end - 1].position, told: false)
            rest = rest[end...]
            if progress.told != subscription.place, progress.toldAt + Self.pause <= .now {
                try await tellPlace(subscription, &progress, caughtUp: false, writer)
            }
        }
    }

    private func tellPlace(
        _ subscription: EventSubscription, _ progress: inout Progress, caughtUp: Bool,
        _ writer: RPCWriter<Holdfast_V1_SubscribeResponse>
    ) async throws {
        let place = subscription.place
        try await writer.write(
            .with {
                $0.cursor = EventCursor(place).text(for: deployment)
                $0.caughtUp = caughtUp
            })
        progress.told = place
        progress.toldAt = .now
        progress.saidCaughtUp = caughtUp
    }

    /// Ends the stream where its client has left, or the server stops.
    private func goOn() throws {
        // A drain cancels the call as well, and is told first.
        if serving.isDraining { throw Self.stopping }
        if cancellation.isCancelled || Task.isCancelled { throw CancellationError() }
    }

    /// The same, and looks now and then whether the caller may go on: rights change while a stream lasts.
    private func lookAfter(_ progress: inout Progress) async throws {
        try goOn()
        guard let renewal, progress.renewed + Self.pause <= .now else { return }
        progress.caller = try await renewal()
        progress.renewed = .now
        for channel in filter.channels { try progress.caller.scope.admit(channel: channel) }
    }

    private func refusal(of lost: LostPlace) -> any Error {
        func outOfRange(_ what: String, _ reason: Refusal.OutOfRange, _ floor: EventPosition) -> Refusal {
            let oldest = EventCursor(floor).text(for: deployment)
            return .outOfRange(
                FieldViolation("cursor", "\(what); the oldest cursor is \(oldest)"), reason, oldest: oldest)
        }
        return switch lost.standing {
        case .pruned(let floor): outOfRange("is too old: events behind it are no longer kept", .tooOld, floor)
        case .undone(let floor):
            outOfRange("names an event that a restore of the database has undone", .undone, floor)
        case .stands: lost
        }
    }

    private static var stopping: RPCError {
        RPCError(
            GoogleRPCStatus(
                code: .unavailable, message: "the server stops: subscribe again with the last cursor",
                details: .errorInfo(reason: "STOPPING", domain: RefusalStatus.domain)))
    }
}
