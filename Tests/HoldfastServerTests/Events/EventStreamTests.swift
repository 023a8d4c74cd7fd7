import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Ledger
import NIOCore
import OrderPromising
import PostgresClient
import SwiftProtobuf
import Synchronization
import Testing

@testable import HoldfastServer

@Suite("Streams of events over HTTP/2", .serialized)
struct EventStreamTests {
    private typealias Message = Holdfast_V1_SubscribeResponse

    /// Everything that there is from a start on, of which there are at least so many events, until the stream has caught up.
    ///
    /// Transactions of other tests' databases hold events back.
    private func read(
        _ stack: AccessStack, by key: String, _ request: Holdfast_V1_SubscribeRequest, atLeast count: Int = 0
    ) async throws -> [Message] {
        let told = Box<[Message]>([])
        let events = Box(0)
        try await stack.subscribe(request, by: key) { message in
            told.value.append(message)
            if message.hasEvent { events.value += 1 }
            return !message.caughtUp || events.value < count
        }
        return told.value
    }

    private func refusal(
        _ stack: AccessStack, by key: String?, _ request: Holdfast_V1_SubscribeRequest
    ) async throws -> (code: RPCError.Code?, info: ErrorDetails.ErrorInfo?) {
        do {
            try await stack.subscribe(request, by: key) { _ in false }
            return (nil, nil)
        } catch let error as RPCError {
            let details = try error.unpackGoogleRPCStatus()?.details ?? []
            return (error.code, details.lazy.compactMap(\.errorInfo).first)
        }
    }

    private static let fromOldest = Holdfast_V1_SubscribeRequest.with { $0.start = .oldest }

    private func stocked(_ deployment: TestDeployment) async throws {
        try await deployment.catalogue(skus: ["A"], locations: ["L1", "L2"])
        try await deployment.change(.receive, [("A", "L1", 100), ("A", "L2", 100)])
    }

    @Test("A stream goes on behind every message that it has sent, with the same events in the same order")
    func everyCursor() async throws {
        try await AccessStack.with { stack in
            let deployment = stack.deployment
            let key = try await stack.key([.backend]).text
            try await stocked(deployment)
            for _ in 0..<3 {
                let order = EntityID.fresh
                _ = try await deployment.place(try deployment.order([("A", "L1", 3)], id: order))
                _ = try await deployment.cancel(order, [(1, 1)])
                _ = try await deployment.cancel(order)
            }
            let messages = try await read(stack, by: key, Self.fromOldest, atLeast: 10)
            let events = messages.filter(\.hasEvent).map(\.event)
            #expect(events.count == 10)
            #expect(!messages[0].hasEvent && messages.last?.caughtUp == true)
            for (index, message) in messages.enumerated() {
                let rest = try await read(stack, by: key, .with { $0.cursor = message.cursor })
                #expect(
                    rest.filter(\.hasEvent).map(\.event) == messages[(index + 1)...].filter(\.hasEvent).map(\.event))
            }
            // The payload is the order as captured, although nothing of it is left.
            #expect(
                events[1].orderPlaced.lines.map(\.quantity) == [3] && events[1].orderPlaced.total.amountMinor == 300)
            #expect(events[1].channel == TestDeployment.channel)
            #expect(events[3].orderCancelled.lines.map(\.quantity) == [2])
            #expect(events[3].orderCancelled.status == .cancelled)
            #expect(events[0].stockChanged.movements.map(\.location) == ["L1", "L2"])
            // Filters may change from one subscription to the next.
            let filtered = try await read(
                stack, by: key,
                .with {
                    $0.cursor = messages[4].cursor
                    $0.topics = ["order.placed"]
                })
            #expect(
                filtered.filter(\.hasEvent).map(\.event.eventID)
                    == events[4...].filter { $0.topic == "order.placed" }.map(\.eventID))
            #expect(filtered.last?.cursor == messages.last?.cursor)
        }
    }

    @Test("What happens from now on is told as it happens, in the order of commits")
    func live() async throws {
        try await AccessStack.with { stack in
            let deployment = stack.deployment
            let key = try await stack.key([.support]).text
            try await stocked(deployment)
            let (caughtUp, announce) = AsyncStream<Void>.makeStream()
            let told = Box<[String]>([])
            let changes = (0..<5).map { _ in EntityID.fresh }
            let names = changes.map(\.description)
            async let streamed: Void = stack.subscribe(.with { $0.start = .now }, by: key) { message in
                if message.caughtUp { announce.yield() }
                // A transaction that is still open elsewhere holds "now" back: what was there before may be told, too.
                if message.hasEvent, names.contains(message.event.subjectID) || !told.value.isEmpty {
                    told.value.append(message.event.subjectID)
                }
                return told.value.count < 5
            }
            for await _ in caughtUp { break }
            for id in changes { try await deployment.change(.receive, [("A", "L1", 1)], id: id) }
            try await streamed
            #expect(told.value == names)
            #expect(try await eventually { deployment.promising.events.count == 0 })
        }
    }

    @Test("A caller who is held to a channel and a location is told of these, and its cursor moves over the rest")
    func scoped() async throws {
        try await AccessStack.with { stack in
            let deployment = stack.deployment
            guard let pounds = Currency(code: "GBP") else { throw TestFailure("GBP is a currency") }
            _ = try await deployment.ledger.upsertChannels(
                .fresh, [Channel(code: "shop", name: "Shop", currency: pounds)], body: [12], caller: .anonymous
            ) { _ in [] }
            try await stocked(deployment)
            let (mine, others) = (EntityID.fresh, EntityID.fresh)
            _ = try await deployment.place(try deployment.order([("A", "L2", 1)], id: mine))
            var other = try deployment.order([("A", "L1", 1)], id: others)
            other.channel = "shop"
            _ = try await deployment.place(other)
            try await deployment.change(.receive, [("A", "L2", 1)])
            let admin = try await stack.key([.admin]).text
            let limited = try await stack.key([.backend], channels: ["web"], locations: ["L1"]).text
            let all = try await read(stack, by: admin, Self.fromOldest, atLeast: 4)
            #expect(all.count { $0.hasEvent } == 4)
            let some = try await read(stack, by: limited, Self.fromOldest)
            let events = some.filter(\.hasEvent).map(\.event)
            #expect(events.map(\.topic) == ["stock.changed", "order.placed"])
            #expect(events[0].stockChanged.movements.map(\.location) == ["L1"])
            #expect(events[1].subjectID == mine.description)
            #expect(some.last?.cursor == all.last?.cursor)
            // Another's order is no order.
            for subject in [others, .fresh] {
                let nothing = try await read(
                    stack, by: limited,
                    .with {
                        $0.start = .oldest
                        $0.subjectID = subject.description
                    })
                #expect(!nothing.contains { $0.hasEvent })
            }
        }
    }

    @Test("A channel that does not exist is named to who may see all of them, and is outside to anybody else")
    func unknownChannel() async throws {
        try await AccessStack.with { stack in
            try await stocked(stack.deployment)
            let admin = try await stack.key([.admin]).text
            let limited = try await stack.key([.backend], channels: ["web"]).text
            func of(_ channels: String...) -> Holdfast_V1_SubscribeRequest {
                .with {
                    $0.start = .oldest
                    $0.channels = channels
                }
            }
            let named = try await refusal(stack, by: admin, of("web", "nowhere"))
            #expect(named.code == .notFound && named.info?.reason == "CHANNEL_NOT_FOUND")
            #expect(named.info?.metadata["name"] == "nowhere")
            #expect(try await refusal(stack, by: limited, of("web", "nowhere")).code == .permissionDenied)
            #expect(try await refusal(stack, by: admin, of("web")).code == nil)
            #expect(try await refusal(stack, by: limited, of("web")).code == nil)
        }
    }

    @Test("A key that is revoked ends its streams, too")
    func revoked() async throws {
        try await AccessStack.with { stack in
            let (text, key) = try await stack.key([.backend])
            let (began, announce) = AsyncStream<Void>.makeStream()
            async let ended = Result {
                try await stack.subscribe(.with { $0.start = .now }, by: text) { _ in
                    announce.yield()
                    return true
                }
            }
            for await _ in began { break }
            _ = try await stack.deployment.ledger.revokeKey(.id(key.id), caller: "test")
            let outcome = await ended
            #expect { try outcome.get() } throws: { ($0 as? RPCError)?.code == .unauthenticated }
        }
    }

    @Test("A cursor that is too old, or was undone, is refused with the oldest one, which can be used")
    func outOfRange() async throws {
        try await AccessStack.with { stack in
            let deployment = stack.deployment
            let key = try await stack.key([.backend]).text
            try await stocked(deployment)
            for _ in 0..<3 { try await deployment.change(.receive, [("A", "L1", 1)]) }
            let sql = { (text: String) in
                try await deployment.pool.withConnection { connection in try connection.executeScript(text) }
            }
            let messages = try await read(stack, by: key, Self.fromOldest, atLeast: 4).filter(\.hasEvent)
            try await sql("DELETE FROM outbox WHERE seq = (SELECT max(seq) FROM outbox)")
            let undone = try await refusal(stack, by: key, .with { $0.cursor = messages[3].cursor })
            #expect(undone.code == .outOfRange && undone.info?.reason == "CURSOR_UNDONE")
            try await sql(
                """
                UPDATE outbox SET recorded_at = now() - interval '40 days'
                WHERE seq < (SELECT max(seq) FROM outbox)
                """)
            #expect(try await deployment.ledger.prune(.outbox, olderThan: 86_400, limit: 100) == 2)
            let old = try await refusal(stack, by: key, .with { $0.cursor = messages[0].cursor })
            #expect(old.code == .outOfRange && old.info?.reason == "CURSOR_TOO_OLD")
            let oldest = try #require(old.info?.metadata["oldest_cursor"])
            let rest = try await read(stack, by: key, .with { $0.cursor = oldest })
            #expect(rest.filter(\.hasEvent).map(\.event.eventID) == [messages[2].event.eventID])
            #expect(try await read(stack, by: key, Self.fromOldest).count { $0.hasEvent } == 1)
        }
    }

    @Test("A caller has so many streams and no more; its other calls, and other callers, go on")
    func bounded() async throws {
        var limits = HTTP2Limits()
        limits.maximumStreamCallsPerCaller = 2
        try await AccessStack.with(limits: limits) { stack in
            let one = try await stack.key([.backend]).text
            let other = try await stack.key([.backend]).text
            let now = Holdfast_V1_SubscribeRequest.with { $0.start = .now }
            try await withThrowingTaskGroup(of: Void.self) { group in
                let (began, announce) = AsyncStream<Void>.makeStream()
                for _ in 0..<2 {
                    group.addTask {
                        try await stack.subscribe(now, by: one) { message in
                            if !message.caughtUp { announce.yield() }
                            return true
                        }
                    }
                }
                var answered = began.makeAsyncIterator()
                for _ in 0..<2 { _ = await answered.next() }
                let third = try await refusal(stack, by: one, now)
                #expect(third.code == .resourceExhausted && third.info?.reason == "EXHAUSTED")
                #expect(try await refusal(stack, by: other, now).code == nil)
                let whoAmI = "holdfast.v1.AccessService/GetCaller"
                #expect(try await stack.call(whoAmI, by: one, .http2).code == nil)
                group.cancelAll()
            }
            #expect(try await eventually { stack.deployment.promising.events.count == 0 })
            #expect(try await refusal(stack, by: one, now).code == nil)
        }
    }

    @Test("A client that does not read holds up its own stream only, and little is read ahead for it")
    func slowClient() async throws {
        var limits = HTTP2Limits()
        // The slow one is not to be reset while the other one reads.
        limits.answerTime = .minutes(10)
        // What a client has let itself be sent lies with it: a small window leaves what the server reads ahead.
        try await AccessStack.with(limits: limits, window: 1 << 16) { stack in
            let key = try await stack.key([.admin]).text
            try await stack.deployment.pool.withConnection { connection in
                try connection.executeScript(
                    """
                    INSERT INTO outbox (topic, subject, subject_sequence, cause_id)
                    SELECT 'parcel.' || repeat('x', 8000), gen_random_uuid(), 1, gen_random_uuid()
                    FROM generate_series(1, 1000)
                    """)
            }
            let (began, announce) = AsyncStream<Void>.makeStream()
            let (goOn, release) = AsyncStream<Void>.makeStream()
            let slow = Box(0)
            async let held: Void = stack.subscribe(Self.fromOldest, by: key) { message in
                if message.hasEvent { slow.value += 1 }
                if slow.value == 1, message.hasEvent {
                    announce.yield()
                    for await _ in goOn { break }
                }
                return slow.value < 1_000
            }
            for await _ in began { break }
            // 8 MB wait for the slow one; another one reads them all meanwhile.
            let whole = try await read(stack, by: key, Self.fromOldest, atLeast: 1_000)
            #expect(whole.count { $0.hasEvent } == 1_000)
            let place = try #require(stack.deployment.promising.events.places.min())
            let end = try await stack.deployment.ledger.eventsHead().head
            #expect(place.number < end.number - 500)
            release.yield()
            try await held
            #expect(slow.value == 1_000)
        }
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
