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

    /// The credential that holds for this call alone.
    var ownCredential: ByteBuffer? {
        if !meta.authorizationValue.isEmpty {
            let range = meta.authorizationValue
            return body.getSlice(at: body.readerIndex + range.start, length: range.length)
        }
        guard meta.hasRequestItems else { return nil }
        return metadata[stringValues: CallMeta.authorizationKey].first { _ in true }.map { ByteBuffer(string: $0) }
    }

    private func text(_ range: ByteRange) -> String {
        body.getString(at: body.readerIndex + range.start, length: range.length) ?? ""
    }
}
