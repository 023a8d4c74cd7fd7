import Domain
public import GRPCCore
import GRPCProtobuf
public import HoldfastAPI
import Ledger
public import Logging
public import OrderPromising
import SwiftProtobuf

/// What happened, in order and without gaps, for those who follow it.
///
/// A stream is in one of four states: it *begins* (its request is checked and its place looked up: every refusal of these
/// comes before the first message), it *reads* events that are there, it *sleeps* because there are none, or it has *ended*.
/// Nothing is kept of it: its place is in the cursors that its client has. So whatever dies, server, client or PostgreSQL,
/// leaves nothing to clear up, and the client goes on from the last cursor that it kept.
///
/// Memory: a page of event heads and the facts of ``EventStream/portion`` of them. A message is written when the one before it
/// has left, so a client that is slow slows down its own stream, and what it reads of PostgreSQL, only.
public struct EventService: Holdfast_V1_EventService.ServiceProtocol {
    private let promising: OrderPromising
    private let serving: ServingState
    private let answer: CallAnswer

    /// Makes the service over order promising and its ledger; streams end when the server is about to stop.
    public init(promising: OrderPromising, serving: ServingState, logger: Logger) {
        self.promising = promising
        self.serving = serving
        answer = CallAnswer(logger: logger, metrics: promising.metrics)
    }

    /// Streams events from a place on.
    public func subscribe(
        request: ServerRequest<Holdfast_V1_SubscribeRequest>, context: ServerContext
    ) async throws -> StreamingServerResponse<Holdfast_V1_SubscribeResponse> {
        let caller = CallerContext.current
        let renewal = CallerContext.renewal
        let (promising, serving, answer) = (promising, serving, answer)
        let (stream, place) = try await answer.answering(context) {
            let deployment = try await promising.ledger.deploymentClock().id
            let (start, filter) = try EventRequests.subscribe(request.message, by: caller, in: deployment)
            if !filter.channels.isEmpty,
                let unknown = try await promising.ledger.unknownChannel(among: filter.channels.sorted())
            {
                throw Refusal.missing(.channel, unknown, for: caller)
            }
            let stream = EventStream(
                promising: promising, serving: serving, deployment: deployment, filter: filter, caller: caller,
                renewal: renewal, cancellation: context.cancellation)
            return (stream, try await stream.place(of: start))
        }
        return StreamingServerResponse(metadata: [:]) { writer in
            try await answer.answering(context) { try await stream.run(from: place, into: writer) }
            return [:]
        }
    }
}
