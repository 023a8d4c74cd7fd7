import AsyncHTTPClient
import Domain
public import Logging
public import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// How a card gateway is reached.
public struct HTTPCardGatewaySettings: Sendable {
    /// Where it is: `https://…`, or `http://` on the machine itself.
    public var url: String
    /// What is shown to be let in, as a bearer token.
    public var secret: String
    /// How long an answer may take: 100 ms to 1 minute; default 10 s.
    public var timeLimit: TimeAmount

    /// Makes settings.
    public init(url: String, secret: String, timeLimit: TimeAmount = .seconds(10)) {
        self.url = url
        self.secret = secret
        self.timeLimit = timeLimit
    }

    /// What is wrong with them; nil where they can be used.
    public var problem: String? {
        guard let address = URL(string: url), let host = address.host(), let scheme = address.scheme else {
            return "\"\(url)\" is no address"
        }
        guard address.query() == nil, address.fragment() == nil, address.user() == nil else {
            return "the address must have no user, query or fragment"
        }
        guard scheme == "https" || scheme == "http" && LoopbackName.includes(host) else {
            return "a gateway is asked over https only, \"\(url)\" is not"
        }
        guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return "the secret must be visible ASCII characters"
        }
        guard (TimeAmount.milliseconds(100)...TimeAmount.minutes(1)).contains(timeLimit) else {
            return "the time limit must be 100 ms to 1 minute"
        }
        return nil
    }
}

/// A card gateway over HTTP.
///
/// It is sent `POST URL/actions` with the headers `Idempotency-Key` and `Authorization: Bearer`, and asked with `GET
/// URL/actions/KEY` what became of a key. Both answer with JSON that repeats what was asked: `key`, `action`,
/// `amount_minor`, `currency`, and tells the `outcome`, `approved` with a `reference` or `declined` with a `reason`; of a hold
/// also, where it knows, `expires_at`. An answer is believed where its status is 200, 402 or 422 and it repeats the request exactly; 404 to the question says that
/// the key was never seen. Anything else, and no answer, is unknown, never declined.
///
/// Call ``shutdown()`` when it is no longer used.
public struct HTTPCardGateway: PaymentGateway {
    private let settings: HTTPCardGatewaySettings
    private let client: HTTPClient
    private let logger: Logger

    /// Most bytes of an answer that are read.
    private static let answerBound = 65_536
    private static let believed: Set<UInt> = [200, 402, 422]

    /// Makes a gateway; nothing is opened before the first request.
    ///
    /// - Parameters:
    ///   - settings: where it is; see ``HTTPCardGatewaySettings/problem``.
    ///   - logger: is told what people must look at; never the secret, a card's token or a body.
    public init(settings: HTTPCardGatewaySettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(connect: settings.timeLimit, read: settings.timeLimit)
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes its connections.
    public func shutdown() async throws {
        try await client.shutdown()
    }

    /// Sends a request.
    public func perform(_ request: GatewayRequest) async -> GatewayOutcome {
        var call = HTTPClientRequest(url: settings.url + "/actions")
        call.method = .POST
        call.headers.add(name: "Idempotency-Key", value: request.key.description)
        call.headers.add(name: "Content-Type", value: "application/json")
        do {
            call.body = .bytes(ByteBuffer(bytes: try GatewayBody(request).bytes()))
        } catch {
            // Nothing was sent, which the next try with the same key makes good.
            return alarming(.unreadable("the request cannot be written: \(type(of: error))"), request)
        }
        switch await exchange(call) {
        case .failure(let why): return .unknown(why)
        case .success(let (status, body)):
            guard Self.believed.contains(status) else { return .unknown(.status(status)) }
            return checked(GatewayAnswer.outcome(body, of: request), request)
        }
    }

    /// Asks what became of a key.
    public func lookUp(_ request: GatewayRequest) async -> GatewayFinding {
        let call = HTTPClientRequest(url: "\(settings.url)/actions/\(request.key)")
        switch await exchange(call) {
        case .failure(let why): return .ended(.unknown(why))
        case .success((404, _)): return .neverSeen
        case .success(let (status, body)):
            guard Self.believed.contains(status) else { return .ended(.unknown(.status(status))) }
            return .ended(checked(GatewayAnswer.outcome(body, of: request), request))
        }
    }

    private func checked(_ outcome: GatewayOutcome, _ request: GatewayRequest) -> GatewayOutcome {
        guard case .unknown(let why) = outcome, why.isAlarming else { return outcome }
        return alarming(why, request)
    }

    private func alarming(_ why: UnknownOutcome, _ request: GatewayRequest) -> GatewayOutcome {
        logger.critical(
            "the payment gateway contradicts what it was asked; money may have moved wrongly",
            metadata: [
                "attempt": "\(request.key)", "order": "\(request.order)", "action": "\(request.action.word)",
                "why": "\(why)",
            ])
        return .unknown(why)
    }

    private func exchange(_ call: HTTPClientRequest) async -> Result<(UInt, [UInt8]), UnknownOutcome> {
        var call = call
        call.headers.add(name: "Authorization", value: "Bearer \(settings.secret)")
        call.headers.add(name: "Accept", value: "application/json")
        let (client, limit) = (client, settings.timeLimit)
        do {
            // The client's own limit ends with the head of the answer; a body that trickles in has none.
            let answer: (UInt, [UInt8])? = try await withThrowingTaskGroup(
                of: (UInt, [UInt8])?.self
            ) { [call] group in
                group.addTask {
                    let response = try await client.execute(call, timeout: limit)
                    let body = try await response.body.collect(upTo: Self.answerBound)
                    return (response.status.code, Array(body.readableBytesView))
                }
                group.addTask {
                    try await Task.sleep(for: .nanoseconds(limit.nanoseconds))
                    return nil
                }
                defer { group.cancelAll() }
                return try await group.next() ?? nil
            }
            guard let answer else { return .failure(.timedOut) }
            return .success(answer)
        } catch is NIOTooManyBytesError {
            return .failure(.unreadable("it has more than \(Self.answerBound) bytes"))
        } catch let error as HTTPClientError
            where error == .readTimeout || error == .deadlineExceeded || error == .connectTimeout
        {
            return .failure(.timedOut)
        } catch {
            return .failure(.connection("\(type(of: error))"))
        }
    }
}
