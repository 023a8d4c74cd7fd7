package import Domain
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A payment gateway on this machine that does what a test tells it, keeps books of its own, and speaks HTTP.
///
/// It does each key once, whatever happens to its answers. Its books are what really happened to the money: tests compare
/// them with what Holdfast believes.
package final class ScriptedGateway: Sendable {
    /// What happens to one request.
    package enum Behaviour: Sendable, Equatable {
        /// It is done and answered.
        case honest
        /// It is declined.
        case decline(String)
        /// The connection is closed before anything is done.
        case dropUnseen
        /// It is done, and the connection is closed without an answer.
        case dropDone
        /// Status 500 before anything is done.
        case failUnseen
        /// It is done, and answered with status 500.
        case failDone
        /// It is done, and the answer comes late.
        case delayDone(milliseconds: Int64)
        /// It is done late, and so is the answer: the caller has long gone.
        case delayUnseen(milliseconds: Int64)
        /// It is done, and the answer names another amount.
        case wrongAmount
        /// It is done, and the answer names another key.
        case wrongKey
        /// It is done, and the answer names another currency.
        case wrongCurrency
        /// It is done, and the answer is no JSON.
        case garbage
        /// It is done, and the answer comes so slowly that it never ends.
        case trickle
        /// It is done, and then comes again, as networks repeat what they carry.
        case duplicate
    }

    /// What was done under a key.
    package struct Entry: Sendable, Equatable {
        package var key: EntityID
        package var action: String
        package var amount: Int64
        package var currency: String
        package var reference: String
        package var target: String
        package var reason: String?
        package var isFinal: Bool
    }

    private struct Body: Codable {
        var action: String
        var amount_minor: Int64
        var currency: String
        var final: Bool
        var token: String?
        var reference: String?
    }

    private struct Answer: Codable {
        var key: String
        var action: String
        var amount_minor: Int64
        var currency: String
        var outcome: String
        var reference: String?
        var reason: String?
        var expires_at: String?
    }

    private struct State {
        var script: [String: [Behaviour]] = [:]
        var lookUps: [Behaviour] = []
        var entries: [Entry] = []
        var requests: [EntityID: Int] = [:]
        var bodies: [EntityID: [UInt8]] = [:]
        var reused = 0
        var refusedCredentials = 0
        var isDown = false
        var holdExpiry: String?
        var lapsed: Set<String> = []
    }

    package static let secret = "scripted-gateway-secret"
    private let state = Mutex(State())
    private let channel: NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, Never>
    private let port: Int

    private init(channel: NIOAsyncChannel<NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>, Never>) {
        self.channel = channel
        port = channel.channel.localAddress?.port ?? 0
    }

    /// Runs a body with a gateway of its own.
    package static func with<R: Sendable>(_ body: @Sendable (ScriptedGateway) async throws -> R) async throws -> R {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    return try NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>(
                        wrappingChannelSynchronously: channel)
                }
            }
        let gateway = ScriptedGateway(channel: channel)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await gateway.serve() }
            let result: Result<R, any Error>
            do { result = .success(try await body(gateway)) } catch { result = .failure(error) }
            group.cancelAll()
            return try result.get()
        }
    }

    // MARK: - What a test says and asks

    /// Where it is.
    package var url: String { "http://127.0.0.1:\(port)/v1" }

    /// Adds what happens to the next requests for an action, in order; those behind them are dealt with honestly.
    package func script(_ action: PaymentAction, _ behaviours: Behaviour...) {
        state.withLock { $0.script[action.word, default: []] += behaviours }
    }

    /// Adds what happens to the next questions; `dropUnseen` denies that the key was ever seen.
    package func scriptLookUps(_ behaviours: Behaviour...) {
        state.withLock { $0.lookUps += behaviours }
    }

    /// Closes every connection without an answer, until it is up again.
    package func setDown(_ isDown: Bool) {
        state.withLock { $0.isDown = isDown }
    }

    /// When holds lapse, as it tells of each from now on; nil says nothing.
    package func setHoldExpiry(_ text: String?) {
        state.withLock { $0.holdExpiry = text }
    }

    /// Lets every hold lapse: nothing more is taken of those that were made so far.
    package func lapseHolds() {
        state.withLock { state in
            state.lapsed.formUnion(state.entries.filter { $0.action == "authorize" }.map(\.reference))
        }
    }

    /// What was done and declined, in order.
    package var entries: [Entry] { state.withLock { $0.entries } }

    /// How often a key was sent.
    package func requests(_ key: EntityID) -> Int { state.withLock { $0.requests[key] ?? 0 } }

    /// How many requests came in all.
    package var requestCount: Int { state.withLock { $0.requests.values.reduce(0, +) } }

    /// How often a key came with another body: must never be.
    package var reusedKeys: Int { state.withLock { $0.reused } }

    /// How often the secret was wrong.
    package var refusedCredentials: Int { state.withLock { $0.refusedCredentials } }

    /// The sum that was approved of an action.
    package func sum(_ action: PaymentAction) -> Int64 {
        state.withLock { state in
            state.entries.filter { $0.action == action.word && $0.reason == nil }.reduce(0) { $0 + $1.amount }
        }
    }

    /// What cardholders are out of pocket: taken less given back.
    package var kept: Int64 { sum(.capture) + sum(.charge) - sum(.refund) }

    /// What is held of cardholders' money and neither taken nor let go.
    package var held: Int64 {
        state.withLock { state in
            let open = state.entries.filter { $0.action == "authorize" && $0.reason == nil }
            return open.reduce(0) { $0 + Self.rest(of: $1.reference, state) }
        }
    }

    // MARK: - Books

    private static func rest(of hold: String, _ state: State) -> Int64 {
        guard let made = state.entries.first(where: { $0.reference == hold && $0.action == "authorize" }) else {
            return 0
        }
        if state.lapsed.contains(hold) { return 0 }
        let done = state.entries.filter { $0.target == hold && $0.reason == nil }
        if done.contains(where: { $0.action == "void" || $0.isFinal }) { return 0 }
        return made.amount - done.filter { $0.action == "capture" }.reduce(0) { $0 + $1.amount }
    }

    /// Does a key once and returns what was done.
    private func book(_ key: EntityID, _ body: Body, decline: String?) -> Entry {
        state.withLock { state in
            if let done = state.entries.first(where: { $0.key == key }) { return done }
            let target = body.reference ?? ""
            var reason = decline
            switch body.action {
            case "capture" where Self.rest(of: target, state) < body.amount_minor:
                reason = reason ?? "more than is held"
            case "void" where Self.rest(of: target, state) == 0: reason = reason ?? "nothing is held"
            case "refund":
                let taken = state.entries.filter {
                    $0.reason == nil
                        && ($0.target == target && $0.action == "capture"
                            || $0.reference == target && ($0.action == "charge" || $0.action == "capture"))
                }.reduce(0) { $0 + $1.amount }
                let back = state.entries.filter { $0.target == target && $0.action == "refund" && $0.reason == nil }
                    .reduce(0) { $0 + $1.amount }
                if taken - back < body.amount_minor { reason = reason ?? "more than was taken" }
            case "authorize", "charge": if (body.token ?? "").isEmpty { reason = reason ?? "no card" }
            default: break
            }
            let entry = Entry(
                key: key, action: body.action, amount: body.amount_minor, currency: body.currency,
                reference: "gw-\(state.entries.count + 1)", target: target, reason: reason, isFinal: body.final)
            state.entries.append(entry)
            return entry
        }
    }

    // MARK: - HTTP

    private typealias Connection = NIOAsyncChannel<HTTPServerRequestPart, HTTPServerResponsePart>

    private func serve() async throws {
        try await channel.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask {
                        do {
                            try await self.serve(connection)
                        } catch {
                            // The client went away: that is its business.
                        }
                    }
                }
            }
        }
    }

    private func serve(_ connection: Connection) async throws {
        try await connection.executeThenClose { parts, answers in
            var head: HTTPRequestHead?
            var body = ByteBuffer()
            for try await part in parts {
                switch part {
                case .head(let received):
                    head = received
                    body.clear()
                case .body(var bytes): body.writeBuffer(&bytes)
                case .end:
                    guard let head, let answer = try await answer(head, Array(body.readableBytesView)) else { return }
                    var headers = HTTPHeaders()
                    headers.add(name: "Content-Length", value: "\(answer.body.count)")
                    try await answers.write(
                        .head(.init(version: .http1_1, status: .init(statusCode: answer.status), headers: headers)))
                    for byte in answer.trickles ? answer.body : [] {
                        try await answers.write(.body(.byteBuffer(ByteBuffer(bytes: [byte]))))
                        try await Task.sleep(for: .milliseconds(100))
                    }
                    if !answer.trickles { try await answers.write(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))) }
                    try await answers.write(.end(nil))
                }
            }
        }
    }

    private struct Reply {
        var status: Int
        var body: [UInt8]
        var trickles: Bool

        init(_ status: Int, _ body: [UInt8], trickles: Bool = false) {
            self.status = status
            self.body = body
            self.trickles = trickles
        }
    }

    /// The answer to a request; nil closes the connection.
    private func answer(_ head: HTTPRequestHead, _ bytes: [UInt8]) async throws -> Reply? {
        if state.withLock({ $0.isDown }) { return nil }
        guard head.headers.first(name: "Authorization") == "Bearer \(Self.secret)" else {
            state.withLock { $0.refusedCredentials += 1 }
            return Reply(401, [])
        }
        if head.method == .GET { return try await lookUp(head) }
        guard let key = head.headers.first(name: "Idempotency-Key").flatMap({ EntityID($0) }) else {
            return Reply(400, [])
        }
        let body = try JSONDecoder().decode(Body.self, from: Data(bytes))
        let behaviour = state.withLock { state in
            state.requests[key, default: 0] += 1
            if let earlier = state.bodies.updateValue(bytes, forKey: key), earlier != bytes { state.reused += 1 }
            let script = state.script[body.action] ?? []
            state.script[body.action] = Array(script.dropFirst())
            return script.first ?? .honest
        }
        switch behaviour {
        case .dropUnseen: return nil
        case .failUnseen: return Reply(500, [])
        case .delayUnseen(let milliseconds): try await Task.sleep(for: .milliseconds(milliseconds))
        default: break
        }
        var decline: String?
        if case .decline(let reason) = behaviour { decline = reason }
        var entry = book(key, body, decline: decline)
        switch behaviour {
        case .dropDone: return nil
        case .failDone: return Reply(500, [])
        case .garbage: return Reply(200, Array("<html>".utf8))
        case .wrongAmount: entry.amount += 1
        case .wrongKey: entry.key = .fresh
        case .wrongCurrency: entry.currency = "XTS"
        case .delayDone(let milliseconds): try await Task.sleep(for: .milliseconds(milliseconds))
        case .duplicate: entry = book(key, body, decline: nil)
        default: break
        }
        return Reply(status(of: entry), try encoded(entry), trickles: behaviour == .trickle)
    }

    private func lookUp(_ head: HTTPRequestHead) async throws -> Reply? {
        guard let key = head.uri.split(separator: "/").last.flatMap({ EntityID(String($0)) }) else {
            return Reply(400, [])
        }
        let behaviour = state.withLock { $0.lookUps.isEmpty ? .honest : $0.lookUps.removeFirst() }
        var found = state.withLock { $0.entries.first { $0.key == key } }
        switch behaviour {
        case .dropUnseen: found = nil
        case .dropDone: return nil
        case .failDone, .failUnseen: return Reply(500, [])
        case .wrongAmount: found?.amount += 1
        case .delayDone(let milliseconds): try await Task.sleep(for: .milliseconds(milliseconds))
        default: break
        }
        guard let found else { return Reply(404, []) }
        return Reply(status(of: found), try encoded(found))
    }

    /// A decline is answered with 402, whether it is asked for or about.
    private func status(of entry: Entry) -> Int { entry.reason == nil ? 200 : 402 }

    private func encoded(_ entry: Entry) throws -> [UInt8] {
        [UInt8](
            try JSONEncoder().encode(
                Answer(
                    key: entry.key.description, action: entry.action, amount_minor: entry.amount,
                    currency: entry.currency, outcome: entry.reason == nil ? "approved" : "declined",
                    reference: entry.reason == nil ? entry.reference : nil, reason: entry.reason,
                    expires_at: entry.action == "authorize" ? state.withLock { $0.holdExpiry } : nil)))
    }
}
