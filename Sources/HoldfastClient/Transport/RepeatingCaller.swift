import FramedTransport
import GRPCCore
import Logging

/// Makes a call, again where that is safe, until it is decided, its deadline would pass or its attempts are used up.
struct RepeatingCaller: Sendable {
    let set: EndpointSet
    let policy: RepetitionPolicy
    let budget: RepetitionBudget
    /// Gives the token of each attempt.
    let token: (@Sendable () async throws -> String)?
    let logger: Logger

    private static let timeoutKey = "grpc-timeout"
    private static let authorizationKey = "authorization"

    /// Makes the call.
    ///
    /// - Parameters:
    ///   - descriptor: The method.
    ///   - request: Sent with the same bytes each time.
    ///   - options: Of the call.
    ///   - deadline: When it must have ended.
    /// - Returns: The answer.
    /// - Throws: The error of the last attempt; its cause is a ``RepeatedCall`` where there were several.
    func call(
        _ descriptor: MethodDescriptor, _ request: CollectedRequest, options: CallOptions,
        deadline: ContinuousClock.Instant?
    ) async throws -> CollectedAnswer {
        let repeatability = Repeatability(descriptor)
        var waits = Waits(policy)
        var tried: Set<Int> = []
        var attempts = 0
        var mayHaveTakenEffect = false
        while true {
            let place = set.next(avoiding: tried)
            attempts += 1
            do {
                let answer = try await attempt(descriptor, request, at: place, options, deadline: deadline)
                budget.succeeded()
                return answer
            } catch let error as RPCError {
                let failure = AttemptFailure(error)
                if failure.isOpen { mayHaveTakenEffect = true }
                tried.insert(place)
                let wait = self.wait(
                    after: failure, repeatability, tried: &tried, attempts: attempts, waits: &waits,
                    waitsForReady: options.waitForReady ?? false)
                guard let wait, isInTime(wait, deadline) else {
                    throw Self.final(error, attempts: attempts, mayHaveTakenEffect: mayHaveTakenEffect)
                }
                logger.debug(
                    "repeating call",
                    metadata: [
                        "method": "\(descriptor)", "attempt": "\(attempts)", "code": "\(error.code)",
                        "endpoint": "\(set.endpoints[place].address)",
                    ])
                if wait > .zero { try await Task.sleep(for: wait) }
            }
        }
    }

    /// How long to wait before another attempt; `nil` where there is none.
    private func wait(
        after failure: AttemptFailure, _ repeatability: Repeatability, tried: inout Set<Int>, attempts: Int,
        waits: inout Waits, waitsForReady: Bool
    ) -> Duration? {
        guard failure.allowsAnother(repeatability) else { return nil }
        if failure.concernsEndpoint, attempts <= set.endpoints.count, set.hasAnother(than: tried) {
            // Finding a server that serves is no repetition where nothing was begun.
            if case .notStarted = failure.reach { return .zero }
            return attempts < policy.maxAttempts && budget.take() ? .zero : nil
        }
        if waitsForReady, case .notStarted = failure.reach {
            tried = []
            return max(waits.take(), failure.wish ?? .zero)
        }
        guard attempts < policy.maxAttempts, budget.take() else { return nil }
        tried = []
        return max(waits.take(), failure.wish ?? .zero)
    }

    private func isInTime(_ wait: Duration, _ deadline: ContinuousClock.Instant?) -> Bool {
        guard let deadline else { return true }
        return ContinuousClock.now + wait < deadline
    }

    private func attempt(
        _ descriptor: MethodDescriptor, _ request: CollectedRequest, at place: Int, _ options: CallOptions,
        deadline: ContinuousClock.Instant?
    ) async throws -> CollectedAnswer {
        var options = options
        var metadata = request.metadata
        // What is left of the time is written anew for each attempt.
        metadata.removeAllValues(forKey: Self.timeoutKey)
        if let deadline { options.timeout = deadline - ContinuousClock.now }
        options.waitForReady = false
        if let token, metadata[stringValues: Self.authorizationKey].first(where: { _ in true }) == nil {
            metadata.addString("Bearer \(try await read(token))", forKey: Self.authorizationKey)
        }
        let sent = metadata
        return try await set.endpoints[place].transport.withStream(descriptor: descriptor, options: options) {
            stream, _ in
            try await stream.outbound.write(.metadata(sent))
            try await stream.outbound.write(.message(request.message))
            await stream.outbound.finish()
            return try await Self.collect(stream.inbound)
        }
    }

    private func read(_ token: @Sendable () async throws -> String) async throws -> String {
        do {
            return try await token()
        } catch let error as CancellationError {
            throw error
        } catch {
            throw RPCError(code: .unauthenticated, message: "No token could be had for the call.", cause: error)
        }
    }

    private static func collect(_ inbound: HoldfastTransport.Inbound) async throws -> CollectedAnswer {
        var metadata = Metadata()
        var message: FramedBytes?
        for try await part in inbound {
            switch part {
            case .metadata(let received): metadata = received
            case .message(let received): message = received
            case .status(let status, let trailer):
                if let error = RPCError(status: status, metadata: trailer) { throw error }
                guard let message else { throw RPCError(code: .internalError, message: "The answer has no message.") }
                return CollectedAnswer(metadata: metadata, message: message, trailer: trailer)
            }
        }
        throw RPCError(code: .internalError, message: "The answer did not end.")
    }

    private static func final(_ error: RPCError, attempts: Int, mayHaveTakenEffect: Bool) -> RPCError {
        guard attempts > 1 else { return error }
        var error = error
        error.cause = RepeatedCall(
            attempts: attempts, mayHaveTakenEffect: mayHaveTakenEffect, lastCause: error.cause)
        return error
    }
}
