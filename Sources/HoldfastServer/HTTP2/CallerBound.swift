import Domain
import GRPCCore
import HoldfastServices

/// Bounds the calls over HTTP/2 that one caller has in flight, as the framed transport does for its own.
///
/// A call counts from the moment that its caller is known until its answer has been handed on, or is forgotten because
/// nobody is left to take it. Anonymous calls tell nobody apart and are bounded by address alone.
struct CallerBound: ServerInterceptor {
    private let admission: CallAdmission

    init(_ admission: CallAdmission) {
        self.admission = admission
    }

    /// Answers `RESOURCE_EXHAUSTED` where the caller has as many calls as it may; the call is not begun then.
    @concurrent
    func intercept<Input: Sendable, Output: Sendable>(
        request: StreamingServerRequest<Input>, context: ServerContext,
        next:
            @concurrent @Sendable (
                StreamingServerRequest<Input>, ServerContext
            ) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
        let caller = CallerContext.current
        guard caller != .nobody, caller.id != Caller.anonymous.id else { return try await next(request, context) }
        let place: CallerPlace
        do throws(CallAdmission.Refusal) {
            let isStream = context.descriptor.type.map { $0 != .unary } ?? false
            place = try CallerPlace(caller.id, isStream: isStream, admission)
        } catch {
            throw error.status
        }
        var response = try await next(request, context)
        if case .success(var contents) = response.accepted {
            let produce = contents.producer
            contents.producer = { writer in
                defer { withExtendedLifetime(place) {} }
                return try await produce(writer)
            }
            response.accepted = .success(contents)
        }
        return response
    }
}

/// The place of one call among its caller's; it is free again with its last reference.
private final class CallerPlace: Sendable {
    private let caller: String
    private let isStream: Bool
    private let admission: CallAdmission

    init(_ caller: String, isStream: Bool, _ admission: CallAdmission) throws(CallAdmission.Refusal) {
        try admission.admit(caller: caller, isStream: isStream)
        self.caller = caller
        self.isStream = isStream
        self.admission = admission
    }

    deinit {
        admission.release(caller: caller, isStream: isStream)
    }
}
