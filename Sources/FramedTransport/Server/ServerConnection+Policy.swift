import Logging
import NIOCore

/// How long a connection may take for what it does, and how long it may live.
///
/// One timer serves every rule. It is set for the earliest moment at which one of them may be broken, and looks at all
/// of them then; what happens in between only makes these moments later, with two exceptions that call
/// ``expectLook(at:)``.
extension ServerConnection {
    /// When a connection that opens now is asked to end: chance keeps those that began together from ending together.
    static func retirement(_ openedAt: NIODeadline, _ limits: FramedServerConfiguration) -> NIODeadline {
        guard let age = limits.maxConnectionAge else { return .distantFuture }
        let jitter = min(max(limits.connectionAgeJitter, 0), 1)
        let factor = Double.random(in: 1 - jitter...1 + jitter)
        return openedAt + .nanoseconds(Int64(Double(age.nanoseconds) * factor))
    }

    /// Looks at every rule, ends the connection if one is broken, and sets the timer for the next look.
    func look() {
        lookTimerAt = .distantFuture
        switch phase {
        case .open, .draining, .finishing: break
        case .lingering, .closed: return
        }
        let now = NIODeadline.now()
        if let reason = brokenRule(at: now) {
            refuse(reason)
            return
        }
        if unanswered == 0, isQuiet(at: now) { forgetStorage() }
        if now >= retiresAt { retire(at: now) }
        var next = nextRule(at: now)
        isLookExpected = unsentInChannel > 0
        if isLookExpected { next = min(next, now + unsentLookInterval) }
        expectLook(at: next)
    }

    /// Has ``look()`` run at a moment, or before.
    func expectLook(at moment: NIODeadline) {
        guard moment < lookTimerAt else { return }
        lookTimer?.cancel()
        lookTimerAt = moment
        lookTimer = eventLoop.assumeIsolated().scheduleTask(deadline: moment) { self.look() }
    }

    /// Has unsent bytes looked at some time after something was sent.
    func expectLookAtUnsentBytes() {
        guard !isLookExpected else { return }
        isLookExpected = true
        let now = NIODeadline.now()
        // Everything from before had been taken when it was looked at last.
        taken.at = now
        expectLook(at: now + unsentLookInterval)
    }

    /// Notes when a packet has begun that is not yet complete.
    ///
    /// What the server itself holds back is not the client's fault.
    func watchForPartialPacket() {
        guard !inbound.isEmpty, !isYielding, hasRoomForCall else {
            partialSince = nil
            return
        }
        guard partialSince == nil else { return }
        let now = NIODeadline.now()
        partialSince = now
        expectLook(at: now + limits.requestTimeout)
    }

    private var unsentLookInterval: TimeAmount { .nanoseconds(max(1_000_000, limits.unsentTimeout.nanoseconds / 4)) }

    /// How long the connection may have no call in flight: a stranger's not for long, so that strangers cannot hold all
    /// places.
    private var idleTimeout: TimeAmount {
        isTrusted ? limits.idleTimeout : min(limits.idleTimeout, limits.untrustedIdleTimeout)
    }

    private func brokenRule(at now: NIODeadline) -> RefusalReason? {
        if awaitsHandshake, now >= openedAt + handshakeTimeout { return .handshake }
        if !hasReceivedPacket, now >= openedAt + limits.firstRequestTimeout { return .firstRequest }
        if let partialSince, now >= partialSince + limits.requestTimeout { return .slowRequest }
        let unsent = unsentInChannel
        if unsent == 0 || writtenBytes - unsent > taken.bytes { taken = (writtenBytes - unsent, now) }
        if now >= taken.at + limits.unsentTimeout { return .neverReads }
        if unanswered == 0, now >= lastFrameAt + idleTimeout { return .idle }
        if now >= retiresAt + limits.connectionAgeGrace { return .age }
        return nil
    }

    private func nextRule(at now: NIODeadline) -> NIODeadline {
        var next = unanswered == 0 ? lastFrameAt + idleTimeout : now + idleTimeout
        if awaitsHandshake { next = min(next, openedAt + handshakeTimeout) }
        if !hasReceivedPacket { next = min(next, openedAt + limits.firstRequestTimeout) }
        if let partialSince { next = min(next, partialSince + limits.requestTimeout) }
        if now < retiresAt {
            next = min(next, retiresAt)
        } else {
            next = min(next, retiresAt + limits.connectionAgeGrace, now + Self.quietTime)
        }
        if holdsStorage { next = min(next, now + Self.quietTime) }
        return next
    }

    /// New calls are refused from now on, so that the client makes a new connection; this one closes in a quiet moment.
    private func retire(at now: NIODeadline) {
        if case .open = phase {
            core.logger.debug("connection retires", metadata: ["peer": "\(remotePeer)"])
            phase = .draining
            isRetiring = true
            return
        }
        if isRetiring, unanswered == 0, isQuiet(at: now) { linger() }
    }

    private func isQuiet(at now: NIODeadline) -> Bool { now >= lastFrameAt + Self.quietTime }

    /// Memory that an idle connection can do without.
    private var holdsStorage: Bool { output.capacity > 0 || !calls.isEmpty }

    private func forgetStorage() {
        guard inFlight == 0, output.readableBytes == 0 else { return }
        output = ByteBuffer()
        calls = []
        freeSlots = []
        if inbound.isEmpty { inbound.removeAll() }
    }
}
