import GRPCCore
import NIOCore
import Synchronization

@testable import FramedTransport

/// Writes down what the server tells its observer.
final class CallLog: FramedServerObserver {
    private struct State {
        var opened = 0
        var closed = 0
        var refusals: [String] = []
        var started: [String] = []
        var ended: [FramedCallRecord] = []
    }

    private let state = Mutex(State())

    var opened: Int { state.withLock { $0.opened } }
    var closed: Int { state.withLock { $0.closed } }
    var refusals: [String] { state.withLock { $0.refusals } }
    var started: [String] { state.withLock { $0.started } }
    var ended: [FramedCallRecord] { state.withLock { $0.ended } }

    func connectionOpened() { state.withLock { $0.opened += 1 } }
    func connectionClosed() { state.withLock { $0.closed += 1 } }
    func connectionRefused(reason: String) { state.withLock { $0.refusals.append(reason) } }
    func callStarted(_ method: MethodDescriptor) { state.withLock { $0.started.append(method.fullyQualifiedMethod) } }
    func callEnded(_ call: FramedCallRecord) { state.withLock { $0.ended.append(call) } }
}
