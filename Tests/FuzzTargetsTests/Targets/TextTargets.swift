import NIOCore
import TraceContext

@testable import FramedTransport
@testable import HoldfastServices

/// Reads what travels beside a call; what is accepted is written as it can be read again.
func readTrace(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    if let parent = TraceParent(text) {
        precondition(TraceParent(parent.headerValue) == parent, "a trace's place reads differently each time")
        precondition(parent.child().traceID == parent.traceID, "a child leaves its trace")
    }
    if let state = TraceState(text.split(separator: "\n").map(String.init)) {
        precondition(TraceState([state.headerValue]) == state, "a trace's state reads differently each time")
    }
    if let id = RequestID(text) { precondition(id.description == text, "a request id changes") }
    if let timeout = TimeAmount(grpcTimeout: text) { precondition(timeout >= .zero, "a timeout is negative") }
}

/// Reads a token of a list page; only what the server wrote is accepted.
func readPageToken(_ bytes: UnsafeRawBufferPointer) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let token = PageToken(text) else { return }
    precondition(token.text == text, "a token was accepted that the server never writes")
    precondition(token.text.utf8.count <= PageToken.bound, "a token is too long")
}
