import GRPCCore
import Logging
import NIOCore
import NIOTLS

/// One accepted connection: cuts packets, starts calls on both lanes, and writes their answers.
///
/// Everything here happens on the connection's event loop. Answers that are ready within one read, or within one turn
/// of the loop, leave with one write.
final class ServerConnection: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = Never
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How far the connection has come.
    enum Phase {
        /// Calls are started.
        case open
        /// The server is draining: running calls finish, new ones are answered with `loggingOff`.
        case draining
        /// The connection is of no further use: running calls finish, input is thrown away.
        case finishing
        /// Our side is closed. Input is thrown away, so that unread bytes do not make the system drop the answers that
        /// are still under way.
        case lingering
        /// Nothing happens any more.
        case closed
    }

    /// Output of this size is written without waiting for the end of the turn.
    static let eagerFlushBytes = 128 * 1024
    /// An output buffer that has grown beyond this is let go.
    static let maxIdleOutputBytes = 256 * 1024
    /// How long a connection with more to decode waits for the others.
    static let yieldTime = TimeAmount.microseconds(10)
    /// The same while another connection of the loop is busy.
    ///
    /// It is longer than the turns of a few connections take together: what is due by the end of a task runs before the
    /// loop looks at any socket.
    static let contendedYieldTime = TimeAmount.microseconds(200)
    /// A connection counts as heavy for this long after it had more waiting than a turn takes.
    static let heavyTime = TimeAmount.milliseconds(100)
    /// The time in which a heavy connection has a bounded number of calls while light ones are busy.
    static let heavyWindow = TimeAmount.milliseconds(4)
    /// A connection on which nothing was received for this long is quiet.
    static let quietTime = TimeAmount.seconds(1)

    let core: ServerCore
    let eventLoop: any EventLoop
    var context: ChannelHandlerContext?
    var phase = Phase.open

    var decoder: FrameDecoder
    var inbound = InboundBytes()
    var isInReadCycle = false
    var isDecoding = false
    var isReadHeldBack = false
    var isWritable = true
    /// When the bytes being decoded were read from the socket.
    var receivedAt = NIODeadline.now()
    var lastFrameAt = NIODeadline.now()
    let openedAt = NIODeadline.now()
    /// When the connection is asked to end.
    let retiresAt: NIODeadline
    /// Whether the connection ends because of its age, which waits for a quiet moment.
    var isRetiring = false
    /// Whether a whole packet has come.
    var hasReceivedPacket = false
    /// When a packet has begun that is not complete.
    var partialSince: NIODeadline?
    /// Bytes given to the channel so far.
    var writtenBytes = 0
    /// Bytes that the peer had taken when that was looked at last, and when it was that they had changed.
    var taken = (bytes: 0, at: NIODeadline.now())
    /// Whether unsent bytes will be looked at.
    var isLookExpected = false

    var output = ByteBuffer()
    var isTurnScheduled = false

    var calls: [FastLaneCall?] = []
    var freeSlots: [Int] = []
    /// Calls whose handlers have not ended, also those that nobody waits for any more.
    var inFlight = 0
    /// Calls that are owed an answer.
    var unanswered = 0
    /// The memory of the requests of those calls, in bytes.
    var inFlightBytes = 0
    /// Calls that may be in flight, which is fewer while others are busy on the loop.
    var callLimit: Int
    /// Calls that may still be decoded in this turn of the loop.
    var turnQuota: Int
    let share: LoopShare
    private var isShareCheckScheduled = false
    private var isContended = false
    /// Until when the connection counts as heavy.
    private var heavyUntil = NIODeadline.uptimeNanoseconds(0)
    /// The calls that it may still have until a moment, while light connections are busy.
    private var window = (end: NIODeadline.uptimeNanoseconds(0), left: 0)
    private var isThrottled = false
    /// Whether decoding goes on in a later turn, so that other connections have theirs.
    var isYielding = false
    private var answersUntilSample = 0

    /// Counts the calls of the connection while nobody is known.
    let ownHolder = CallHolder()
    /// Counts the calls of ``identity``.
    var holder: CallHolder?

    var deadlineTimer: Scheduled<Void>?
    var deadlineTimerAt = NIODeadline.distantFuture
    var lookTimer: Scheduled<Void>?
    var lookTimerAt = NIODeadline.distantFuture
    var lingerTimer: Scheduled<Void>?

    var inbox: AnswerInbox?

    /// The last credential that came on the connection.
    var authenticationData: ByteBuffer?
    /// Who has shown that credential.
    var identity: (any FramedIdentity)?
    /// Whether a good credential has been shown, for the connection or for a call.
    var isTrusted: Bool
    /// Whether the credential of the connection is being looked up.
    var isVerifying = false
    /// Whether encryption has yet to be agreed on, and how long that may take.
    var awaitsHandshake: Bool
    let handshakeTimeout: TimeAmount
    private(set) lazy var remotePeer = context?.remoteAddress?.peerName ?? "unknown"
    private(set) lazy var localPeer = context?.localAddress?.peerName ?? "unknown"

    init(core: ServerCore, eventLoop: any EventLoop, handshakeTimeout: TimeAmount?) {
        let limits = core.configuration
        self.core = core
        self.eventLoop = eventLoop
        self.awaitsHandshake = handshakeTimeout != nil
        self.handshakeTimeout = handshakeTimeout ?? .zero
        self.isTrusted = core.authenticator == nil
        self.callLimit = limits.maxInFlightCallsPerConnection
        self.turnQuota = limits.maxCallsPerTurn
        self.share = core.share(of: eventLoop)
        self.retiresAt = Self.retirement(openedAt, limits)
        self.decoder = FrameDecoder(
            maxBodyBytes: isTrusted
                ? limits.maxFrameBytes : min(limits.maxUnauthenticatedFrameBytes, limits.maxFrameBytes))
    }

    var limits: FramedServerConfiguration { core.configuration }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        inbox = AnswerInbox(self, eventLoop: eventLoop)
        isWritable = context.channel.isWritable
        core.observer?.connectionOpened()
        recognizeAnonymous()
        look()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        shutDown()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        shutDown()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch phase {
        case .finishing, .lingering, .closed: return
        case .open, .draining: break
        }
        isInReadCycle = true
        receivedAt = .now()
        if !isYielding { beginTurn(at: receivedAt) }
        inbound.append(unwrapInboundIn(data))
        decodeFrames()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isInReadCycle = false
        settle()
    }

    func read(context: ChannelHandlerContext) {
        if holdsReadingBack {
            isReadHeldBack = true
        } else {
            context.read()
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable { scheduleTurn() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is TLSUserEvent || event is PlainTextAccepted {
            awaitsHandshake = false
            return
        }
        switch event as? ServerConnectionEvent {
        case .drain: drain()
        case .abort: context.close(promise: nil)
        case .refuse(let reason): refuse(reason)
        case nil: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        core.logger.debug(
            "connection failed", metadata: ["peer": "\(remotePeer)", "error": "\(String(describing: error))"])
        context.close(promise: nil)
    }

    // MARK: Turns of the event loop

    /// Whether nothing more is read for now, because enough is running or too much is unsent.
    private var holdsReadingBack: Bool {
        switch phase {
        case .open, .draining: !hasRoomForCall || isYielding
        case .finishing, .lingering, .closed: false
        }
    }

    /// Has ``settle()`` run once this turn of the loop is over.
    func scheduleTurn() {
        guard !isTurnScheduled, !isInReadCycle else { return }
        isTurnScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isTurnScheduled = false
            if !self.isYielding { self.beginTurn(at: .now()) }
            self.settle()
        }
    }

    /// Has decoding go on after the loop has looked at its other connections.
    ///
    /// A task without delay would run before the loop looks at any socket.
    func yield() {
        guard !isYielding else { return }
        isYielding = true
        eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.isYielding = false
            self.beginTurn(at: .now())
            self.settle()
        }
    }

    /// How long decoding rests between two turns.
    private var pause: TimeAmount {
        guard isContended else { return Self.yieldTime }
        guard isThrottled, window.left <= 0 else { return Self.contendedYieldTime }
        return max(Self.contendedYieldTime, window.end - .now())
    }

    /// Counts a call that was decoded against the connection's share.
    func countDecoded() {
        turnQuota -= 1
        window.left -= 1
    }

    /// Notes whether a turn was too short for what was waiting.
    func endTurn() {
        guard isTrusted else { return }
        if turnQuota <= 0, !inbound.isEmpty {
            heavyUntil = receivedAt + Self.heavyTime
        } else if receivedAt >= heavyUntil {
            core.lightCallers.note(at: receivedAt)
        }
    }

    /// Takes the connection's share of the loop for one turn.
    private func beginTurn(at now: NIODeadline) {
        isThrottled = now < heavyUntil && core.lightCallers.areBusy(at: now)
        isContended = isThrottled || share.isContended(for: ObjectIdentifier(self), at: now)
        guard isContended else {
            callLimit = limits.maxInFlightCallsPerConnection
            turnQuota = limits.maxCallsPerTurn
            return
        }
        callLimit = min(limits.maxInFlightCallsPerConnection, limits.maxContendedCallsPerConnection)
        turnQuota = min(limits.maxCallsPerTurn, limits.maxContendedCallsPerTurn)
        guard isThrottled else { return }
        if now >= window.end { window = (now + Self.heavyWindow, limits.maxHeavyCallsPerWindow) }
        turnQuota = min(turnQuota, window.left)
    }

    /// Has the share looked at again when the others may have become quiet.
    private func watchShare() {
        guard inFlight >= callLimit, callLimit < limits.maxInFlightCallsPerConnection, !isShareCheckScheduled else {
            return
        }
        isShareCheckScheduled = true
        eventLoop.assumeIsolated().scheduleTask(in: limits.busyTime) {
            self.isShareCheckScheduled = false
            self.scheduleTurn()
        }
    }

    /// Whether this answer is one of those by which service times are learnt.
    func samplesServiceTime() -> Bool {
        answersUntilSample -= 1
        guard answersUntilSample < 0 else { return false }
        answersUntilSample = 15
        return true
    }

    /// Decodes what was held back, writes what is ready, and ends the connection if it is done.
    private func settle() {
        decodeFrames()
        watchForPartialPacket()
        watchShare()
        flush()
        closeIfDone()
        if isReadHeldBack, !holdsReadingBack {
            isReadHeldBack = false
            context?.read()
        }
    }

    /// Forgets everything; the channel is gone.
    private func shutDown() {
        if case .closed = phase { return }
        phase = .closed
        core.observer?.connectionClosed()
        abandonCalls()
        inbound.removeAll()
        output = ByteBuffer()
        deadlineTimer?.cancel()
        lookTimer?.cancel()
        lingerTimer?.cancel()
        inbox = nil
    }
}

/// What the transport tells a connection, from any thread.
enum ServerConnectionEvent: Sendable {
    /// Finish what runs, take nothing new, and close.
    case drain
    /// Close at once.
    case abort
    /// Close because of a limit.
    case refuse(RefusalReason)
}

/// Why a connection was ended, in the words that the observer hears.
enum RefusalReason: String, Sendable {
    /// Encryption was not agreed on in time.
    case handshake = "handshake"
    /// A packet was begun and not completed in time.
    case slowRequest = "slow_request"
    /// The client does not read its answers.
    case neverReads = "never_reads"
    /// Nothing has happened for long.
    case idle = "idle"
    /// As many connections are open as may be; said of the server when it stops accepting.
    case tooMany = "too_many"
    /// The connection is old.
    case age = "age"
    /// Not a packet of this protocol.
    case badInput = "bad_input"
    /// No whole request came in time.
    case firstRequest = "first_request"
    /// The client did not encrypt.
    case plainText = "plain_text"
}
