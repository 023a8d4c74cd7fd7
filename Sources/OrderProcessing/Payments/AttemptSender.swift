import Domain
import Ledger

/// Sends what settlements have asked of a gateway, beside the passes that settle: orders that need no gateway do not wait for
/// one that does not answer.
///
/// So many orders at a time, and of one order one settlement after the other. What waits for too long, or meets too many that
/// wait, is let go: its attempts stand in the ledger, and are asked about when their time has come.
final class AttemptSender: Sendable {
    private enum Event: Sendable {
        case settled(PaymentReply, at: ContinuousClock.Instant)
        case sent(EntityID)
    }

    /// Most orders that are sent for at a time.
    private let width: Int
    /// Most settlements that wait.
    private let room: Int
    /// How long a settlement may wait.
    ///
    /// With the gateway's time limit it must be less than ``PaymentSettings/patience``: nobody else asks about an attempt that
    /// is still to be sent.
    private let longestWait: Duration
    private let send: @Sendable (PaymentReply) async -> Void
    private let (events, continuation) = AsyncStream.makeStream(of: Event.self)

    init(
        width: Int = 50, room: Int = 1_000, longestWait: Duration = .seconds(10),
        _ send: @escaping @Sendable (PaymentReply) async -> Void
    ) {
        self.width = width
        self.room = room
        self.longestWait = longestWait
        self.send = send
    }

    /// Takes what a settlement has asked for; returns at once.
    func take(_ made: PaymentReply) { continuation.yield(.settled(made, at: .now)) }

    /// Sends until cancelled, once; returns when nothing is being sent any more.
    func run() async {
        await withDiscardingTaskGroup { group in
            var waiting: [(made: PaymentReply, since: ContinuousClock.Instant)] = []
            var underWay: Set<EntityID> = []
            for await event in events {
                waiting.removeAll { $0.since.duration(to: .now) > longestWait }
                switch event {
                case .settled(let made, let since):
                    if waiting.count < room { waiting.append((made, since)) }
                case .sent(let order): underWay.remove(order)
                }
                while underWay.count < width,
                    let place = waiting.firstIndex(where: { !underWay.contains($0.made.order) })
                {
                    let made = waiting.remove(at: place).made
                    underWay.insert(made.order)
                    group.addTask {
                        await self.send(made)
                        self.continuation.yield(.sent(made.order))
                    }
                }
            }
        }
    }
}
