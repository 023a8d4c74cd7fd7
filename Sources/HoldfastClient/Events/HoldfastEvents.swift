import GRPCCore
import GRPCNIOTransportHTTP2
public import HoldfastAPI
import Logging
import SwiftProtobuf
import TraceContext

/// Follows what happens at a service, and goes on by itself where a stream ends.
///
/// Streams are carried by gRPC over HTTP/2 only, so the endpoints are those of the gRPC port, ``standardPort`` by default.
///
/// ```swift
/// let configuration = HoldfastClientConfiguration(
///     endpoints: [HoldfastEndpoint(host: "oms.example", port: HoldfastEvents.standardPort)])
/// let request = Holdfast_V1_SubscribeRequest.with {
///     if let cursor = store.cursor { $0.cursor = cursor } else { $0.start = .oldest }
/// }
/// try await HoldfastEvents(configuration).follow(request) { message in
///     try await store.apply(message)  // together with message.cursor, in one transaction
///     return true
/// }
/// ```
///
/// Whatever ends a stream (a server that stops or dies, a network that breaks, a client that was too slow) the next one
/// begins behind the last message that was dealt with, so nothing is left out. Within one call nothing comes twice either;
/// a program that ends between dealing with a message and keeping its cursor sees that message again, under the same
/// `event_id`. Endpoints take turns; waits between attempts grow up to ``RepetitionPolicy/maxWait``.
public struct HoldfastEvents: Sendable {
    /// The gRPC port that a server listens on unless it is told otherwise.
    public static let standardPort = 7412

    /// Streams in a row that may end without a message and without the service saying that it cannot be reached: 5.
    private static let fruitlessAttempts = 5
    /// Bytes that may be on their way to a reader who is slow.
    private static let windowBytes = 256 * 1_024

    private let configuration: HoldfastClientConfiguration
    private let targets: [EventsTarget]
    private let credential: [UInt8]

    /// Makes a follower; nothing is opened before ``follow(_:_:)``.
    ///
    /// - Parameter configuration: Where the service is. Of it the endpoints, credential, TLS, interceptors, waits, loops and
    ///   logger are used; streams have no timeout.
    /// - Throws: ``HoldfastConfigurationError``.
    public init(_ configuration: HoldfastClientConfiguration) throws(HoldfastConfigurationError) {
        guard !configuration.endpoints.isEmpty else { throw HoldfastConfigurationError("no endpoint is given") }
        if let tls = configuration.tls { _ = try tls.framed() }
        self.configuration = configuration
        credential = try configuration.credential.connectionCredential()
        targets = configuration.endpoints.map { EventsTarget($0, configuration.tls) }
    }

    /// Hands each message to a body, in order and one at a time, until the body returns false.
    ///
    /// The stream waits while the body works; keep it short all the same, because the service ends a stream that has not been
    /// read for 30 s, and this begins another one.
    ///
    /// - Parameters:
    ///   - request: Where to begin and what is wanted.
    ///   - body: Deals with a message, and keeps its cursor; returns whether to go on.
    /// - Throws: What the body throws, `CancellationError`, and `RPCError` where the service refuses the request: a cursor that
    ///   is not its own, is too old or undone, a credential, a right. What passes by itself is not thrown.
    public func follow(
        _ request: Holdfast_V1_SubscribeRequest,
        _ body: @escaping @Sendable (Holdfast_V1_SubscribeResponse) async throws -> Bool
    ) async throws {
        let progress = FollowedPlace(request)
        var waits = Waits(configuration.repetition)
        var attempt = 0
        var fruitless = 0
        while true {
            let before = progress.messages
            var ending = Ending.ended
            do {
                ending = try await stream(from: targets[attempt % targets.count], progress, body)
            } catch let error as RPCError where FollowedPlace.passes(error.code) {
                try Task.checkCancellation()
                fruitless = progress.messages > before || error.code == .unavailable ? 0 : fruitless + 1
                guard fruitless < Self.fruitlessAttempts else { throw error }
                configuration.logger.info(
                    "the stream of events ended", metadata: ["code": "\(error.code)", "message": "\(error.message)"])
            }
            switch ending {
            case .satisfied: return
            // What the body threw is its own, also where it is the error of another call that would pass here.
            case .failed(let error): throw error
            // An end without an error is one, too: the service ends no stream by itself.
            case .ended: break
            }
            if progress.messages > before { waits = Waits(configuration.repetition) }
            attempt += 1
            try await Task.sleep(for: waits.take())
        }
    }

    /// How a stream came to its end, where the service did not refuse it.
    private enum Ending {
        /// The body wanted no more.
        case satisfied
        /// The body threw.
        case failed(any Error)
        /// The service ended it.
        case ended
    }

    /// Follows one stream to its end.
    private func stream(
        from target: EventsTarget, _ progress: FollowedPlace,
        _ body: @escaping @Sendable (Holdfast_V1_SubscribeResponse) async throws -> Bool
    ) async throws -> Ending {
        var config = HTTP2ClientTransport.Posix.Config.defaults
        config.http2.authority = target.serverName
        config.http2.targetWindowSize = Self.windowBytes
        config.connection.keepalive = .init(time: .seconds(30), timeout: .seconds(20), allowWithoutCalls: false)
        let transport = try HTTP2ClientTransport.Posix(
            target: target.resolvable, transportSecurity: target.security, config: config,
            eventLoopGroup: configuration.eventLoopGroup)
        var metadata = Metadata()
        if let token = try await token() { metadata.addString("Bearer \(token)", forKey: "authorization") }
        let request = ClientRequest(message: progress.request, metadata: metadata)
        var options = CallOptions.defaults
        options.waitForReady = false
        options.maxResponseMessageBytes = configuration.maxAnswerBytes
        let (chosen, failure) = (options, BodyFailure())
        do {
            return try await withRunningClient(
                transport, interceptors: configuration.interceptors + [TracingClientInterceptor()]
            ) { client in
                try await Holdfast_V1_EventService.Client(wrapping: client).subscribe(
                    request: request, options: chosen
                ) { response in
                    for try await message in response.messages {
                        do {
                            guard try await body(message) else { return .satisfied }
                        } catch {
                            failure.keep(error)
                            throw error
                        }
                        progress.dealtWith(message)
                    }
                    return .ended
                }
            }
        } catch {
            if let thrown = failure.error { return .failed(thrown) }
            throw error
        }
    }

    private func token() async throws -> String? {
        if case .perCall(let provider) = configuration.credential.kind {
            do {
                return try await provider()
            } catch {
                throw RPCError(code: .unauthenticated, message: "there is no credential to show", cause: error)
            }
        }
        return credential.isEmpty ? nil : String(decoding: credential, as: UTF8.self)
    }
}
