import GRPCCore
import NIOCore

extension ServerConnection {
    /// Tells the observer of a call that has been decoded.
    func observeStart(of call: FastLaneCall) {
        guard let observer = core.observer, call.entry.isKnown else { return }
        call.isObserved = true
        observer.callStarted(call.descriptor)
    }

    /// Tells the observer how a call ended, once.
    func observeEnd(of call: FastLaneCall, _ code: FramedErrorCode) {
        guard call.isObserved, let observer = core.observer else { return }
        call.isObserved = false
        let isFastLane =
            switch call.entry.lane {
            case .fast: true
            case .task, .none, .unknown: false
            }
        observer.callEnded(
            FramedCallRecord(
                method: call.descriptor, status: code.status.map { Status.Code($0) } ?? .ok,
                duration: .now() - call.receivedAt, isFastLane: isFastLane, requestID: call.requestID,
                traceParent: call.traceParent, identity: call.identity, peer: remotePeer))
    }
}

/// What a call says of who makes it, beside its connection.
enum OwnCredential {
    /// Nothing.
    case none
    /// One credential.
    case one(ByteBuffer)
    /// More than one, so that nobody can tell whose call it is.
    case several
}

extension FastLaneCall {
    /// The id that the client gave the request, under either of its names.
    var requestID: String? {
        if !meta.requestIDValue.isEmpty { return text(meta.requestIDValue) }
        guard meta.hasRequestItems else { return nil }
        return metadata[stringValues: CallMeta.requestIDKey].first { _ in true }
    }

    /// The trace that the client is part of.
    var traceParent: String? {
        if !meta.traceParentValue.isEmpty { return text(meta.traceParentValue) }
        guard meta.hasRequestItems else { return nil }
        return metadata[stringValues: CallMeta.traceParentKey].first { _ in true }
    }

    /// The credential that holds for this call alone, under either of its names.
    var ownCredential: OwnCredential {
        if !meta.hasRequestItems, meta.credentialCount <= 1 {
            let range = meta.authorizationValue
            guard !range.isEmpty else { return .none }
            return body.getSlice(at: body.readerIndex + range.start, length: range.length).map { .one($0) } ?? .none
        }
        let metadata = metadata
        let given = CallMeta.credentialKeys.flatMap { Array(metadata[stringValues: $0]) }
        guard let first = given.first else { return .none }
        return given.count == 1 ? .one(ByteBuffer(string: first)) : .several
    }

    private func text(_ range: ByteRange) -> String {
        body.getString(at: body.readerIndex + range.start, length: range.length) ?? ""
    }
}
