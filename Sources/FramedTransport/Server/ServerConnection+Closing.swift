import Logging
import NIOCore

extension ServerConnection {
    /// Finishes what runs and refuses what comes.
    func drain() {
        switch phase {
        case .open: break
        case .draining where isRetiring: break
        case .draining, .finishing, .lingering, .closed: return
        }
        phase = .draining
        isRetiring = false
        scheduleTurn()
    }

    /// Finishes what runs and looks at no further input.
    func finish() {
        switch phase {
        case .open, .draining:
            phase = .finishing
            inbound.removeAll()
            scheduleTurn()
        case .finishing, .lingering, .closed: break
        }
    }

    /// Ends the connection after input that is no packet.
    func refuseInput(_ error: FrameError) {
        core.logger.debug(
            "connection refused", metadata: ["peer": "\(remotePeer)", "reason": "\(error.reason.rawValue)"])
        core.observer?.connectionRefused(reason: RefusalReason.badInput.rawValue)
        abandonCalls()
        linger()
    }

    /// Ends the connection at once because of a limit.
    func refuse(_ reason: RefusalReason) {
        core.logger.debug("connection refused", metadata: ["peer": "\(remotePeer)", "reason": "\(reason.rawValue)"])
        core.observer?.connectionRefused(reason: reason.rawValue)
        context?.close(promise: nil)
    }

    /// Ends a connection that is on its way out once all calls are answered.
    func closeIfDone() {
        switch phase {
        case .draining where isRetiring, .open, .lingering, .closed: break
        case .draining, .finishing:
            if unanswered == 0 { linger() }
        }
    }

    /// Closes our side behind the last answers, and the connection when the peer has closed or the time is up.
    func linger() {
        flush()
        phase = .lingering
        inbound.removeAll()
        guard let context else { return }
        context.close(mode: .output, promise: nil)
        if isReadHeldBack {
            isReadHeldBack = false
            context.read()
        }
        lingerTimer = eventLoop.assumeIsolated().scheduleTask(in: limits.closeLinger) {
            self.context?.close(promise: nil)
        }
    }
}
