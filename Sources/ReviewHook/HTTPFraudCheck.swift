import AsyncHTTPClient
public import Domain
import NIOCore
import NIOHTTP1

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a fraud check is, and the secret that its calls are signed with.
public struct FraudCheckSettings: Sendable {
    /// The address: `https`, or `http` on this machine.
    public var url: String
    let signature: HookSignature

    /// Makes settings.
    ///
    /// - Parameters:
    ///   - url: where the check is; `https`, because personal data is sent there, or `http` on this machine.
    ///   - secret: what both sides know; at least ``HookSignature/shortestSecret`` bytes.
    /// - Throws: ``FraudCheckSettingsError``.
    public init(url: String, secret: String) throws(FraudCheckSettingsError) {
        guard let parsed = URL(string: url), let scheme = parsed.scheme, let host = parsed.host(), !host.isEmpty else {
            throw FraudCheckSettingsError(description: "\"\(url)\" is no address")
        }
        guard scheme == "https" || scheme == "http" && LoopbackName.includes(host) else {
            throw FraudCheckSettingsError(description: "orders are told over https only, \"\(url)\" is not")
        }
        guard let signature = HookSignature(secret: secret) else {
            throw FraudCheckSettingsError(
                description: "the secret must have at least \(HookSignature.shortestSecret) bytes")
        }
        self.url = url
        self.signature = signature
    }
}

/// Settings that cannot be used.
public struct FraudCheckSettingsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong; never the secret.
    public var description: String
}

/// Asks a program of the company, or of somebody it has hired, about orders: one signed `POST` of JSON each.
///
/// The question names its check in `check_id` and in the header `Idempotency-Key`: a question that is repeated, after a
/// crash here or because no answer came, has the same one. The answer is a status 200 with
/// `{"verdict": "accept" | "review" | "reject", "reason": "…"}`. Everything else, and everything that comes after the time
/// limit, is ``FraudVerdict/unavailable(_:)``: an order is never passed because its check was broken. Redirects are not
/// followed.
///
/// Close it when it is no longer used.
public final class HTTPFraudCheck: FraudChecking {
    private let settings: FraudCheckSettings
    private let client: HTTPClient
    private let now: @Sendable () -> Int64

    /// Largest answer that is read, in bytes.
    public static let answerBound = 65_536

    /// Makes a check.
    ///
    /// - Parameters:
    ///   - settings: where it is.
    ///   - now: the second of now since 1970, for signatures; nil asks the machine's clock.
    public init(_ settings: FraudCheckSettings, now: (@Sendable () -> Int64)? = nil) {
        self.settings = settings
        self.now = now ?? { Int64(Date().timeIntervalSince1970) }
        client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: HTTPClient.Configuration(redirectConfiguration: .disallow))
    }

    /// Ends its connections.
    public func close() async throws { try await client.shutdown() }

    /// Asks about one order; see ``FraudChecking/verdict(on:within:)``.
    public func verdict(on order: FraudCase, within milliseconds: Int32) async -> FraudVerdict {
        let late = FraudVerdict.unavailable("it did not answer within \(milliseconds) ms")
        // The client's own bound ends where the body begins.
        return await withTaskGroup(of: FraudVerdict.self) { group in
            group.addTask { await self.answer(about: order, within: milliseconds) ?? late }
            group.addTask {
                do { try await Task.sleep(for: .milliseconds(Int64(milliseconds))) } catch { return late }
                return late
            }
            let first = await group.next() ?? late
            group.cancelAll()
            return first
        }
    }

    /// What is answered; nil where that took too long.
    private func answer(about order: FraudCase, within milliseconds: Int32) async -> FraudVerdict? {
        do {
            let body = try FraudQuestion(order).encoded()
            var request = HTTPClientRequest(url: settings.url)
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/json")
            request.headers.add(name: "Idempotency-Key", value: order.id.description)
            request.headers.add(
                name: "Holdfast-Signature", value: settings.signature.header(second: now(), body: body))
            request.body = .bytes(body)
            let response = try await client.execute(request, timeout: .milliseconds(Int64(milliseconds)))
            guard response.status.code == 200 else {
                return .unavailable("it answered with status \(response.status.code)")
            }
            let answer = try await response.body.collect(upTo: HTTPFraudCheck.answerBound)
            return FraudAnswer.verdict(of: Array(answer.readableBytesView))
        } catch is NIOTooManyBytesError {
            return .unavailable("its answer is larger than \(HTTPFraudCheck.answerBound) bytes")
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            return nil
        } catch {
            return .unavailable("it cannot be asked")
        }
    }
}
