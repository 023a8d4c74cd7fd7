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
    static let maxIdleOutputBytes = 1024 * 1024

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

    var output = ByteBuffer()
    var isTurnScheduled = false

    var calls: [FastLaneCall?] = []
    var freeSlots: [Int] = []
    /// Calls whose handlers have not ended, also those that nobody waits for any more.
    var inFlight = 0
    /// Calls that are owed an answer.
    var unanswered = 0

    var deadlineTimer: Scheduled<Void>?
    var deadlineTimerAt = NIODeadline.distantFuture
    var idleTimer: Scheduled<Void>?
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
    /// Whether encryption has yet to be agreed on.
    var awaitsHandshake: Bool
    private(set) lazy var remotePeer = context?.remoteAddress?.peerName ?? "unknown"
    private(set) lazy var localPeer = context?.localAddress?.peerName ?? "unknown"

    init(core: ServerCore, eventLoop: any EventLoop, awaitsHandshake: Bool) {
        let limits = core.configuration
        self.core = core
        self.eventLoop = eventLoop
        self.awaitsHandshake = awaitsHandshake
        self.isTrusted = core.authenticator == nil
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
        if context.channel.isActive { scheduleIdleCheck() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        shutDown()
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        scheduleIdleCheck()
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
        case .open, .draining: !hasRoomForCall
        case .finishing, .lingering, .closed: false
        }
    }

    /// Has ``settle()`` run once this turn of the loop is over.
    func scheduleTurn() {
        guard !isTurnScheduled, !isInReadCycle else { return }
        isTurnScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isTurnScheduled = false
            self.settle()
        }
    }

    /// Decodes what was held back, writes what is ready, and ends the connection if it is done.
    private func settle() {
        decodeFrames()
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
        idleTimer?.cancel()
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
    /// Not a packet of this protocol.
    case badInput = "bad_input"
    /// No whole request came in time.
    case firstRequest = "first_request"
    /// The client did not encrypt.
    case plainText = "plain_text"
}
