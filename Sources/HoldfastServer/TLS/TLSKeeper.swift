import FramedTransport
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Keeps what new connections of all ports get in step with the files.
///
/// Files that cannot be used leave the certificate before them in place.
final class TLSKeeper: Sendable {
    /// From this many seconds before a certificate expires, warnings are logged: 30 days.
    static let warningTime: Int64 = 30 * 86_400
    private static let warningInterval: Int64 = 86_400

    /// Certificate and key of the framed port.
    let framed: FramedTLSContext
    /// Certificate and key of gRPC over HTTP/2.
    let http2: FramedTLSContext

    private struct State {
        var stamps: [FileStamp?]
        var warnedAt = Int64.min
    }

    private let files: TLSFiles
    private let logger: Logger
    private let state: Mutex<State>
    private let expiry: Atomic<Int64>

    /// Reads the files.
    ///
    /// Throws ``TLSFileFailure`` where one cannot be used.
    init(_ files: TLSFiles, logger: Logger) throws {
        self.files = files
        self.logger = logger
        let stamps = files.paths.map { FileStamp($0) }
        let material = try TLSMaterial(files)
        framed = FramedTLSContext(try material.context(applicationProtocol: FramedServerTLS.applicationProtocol))
        http2 = FramedTLSContext(try material.context(applicationProtocol: HTTP2Listener.applicationProtocol))
        state = Mutex(State(stamps: stamps))
        expiry = Atomic(material.expiry)
        warnOfOpenKey()
        warnOfExpiry()
    }

    /// When the certificate that new connections get expires, in seconds since 1970.
    var certificateExpiry: Int64 { expiry.load(ordering: .relaxed) }

    /// Reads the files again where one has changed since they were last read, or always.
    ///
    /// - Parameter always: Whether to read files that look the same.
    func refresh(always: Bool = false) {
        let stamps = files.paths.map { FileStamp($0) }
        let hasChanged = state.withLock { state in
            defer { state.stamps = stamps }
            return state.stamps != stamps
        }
        if hasChanged || always { replace() }
        warnOfExpiry()
    }

    private func replace() {
        do {
            let material = try TLSMaterial(files)
            let contexts = (
                framed: try material.context(applicationProtocol: FramedServerTLS.applicationProtocol),
                http2: try material.context(applicationProtocol: HTTP2Listener.applicationProtocol)
            )
            framed.replace(contexts.framed)
            http2.replace(contexts.http2)
            expiry.store(material.expiry, ordering: .relaxed)
            state.withLock { $0.warnedAt = .min }
            logger.notice(
                "certificate read: new connections get it", metadata: ["days.left": "\(Self.daysLeft(material.expiry))"]
            )
            warnOfOpenKey()
        } catch {
            logger.error(
                "the new certificate cannot be used, the one before it stays in use", metadata: ["error": "\(error)"])
        }
    }

    private func warnOfOpenKey() {
        guard FileStamp(files.key)?.isOpenToOthers == true else { return }
        logger.warning(
            "other accounts of this machine may read or change the private key: take that right away",
            metadata: ["file": "\(files.key)"])
    }

    private func warnOfExpiry() {
        let now = Int64(time(nil))
        let left = certificateExpiry - now
        guard left < Self.warningTime else { return }
        let isDue = state.withLock { state in
            guard state.warnedAt == .min || now - state.warnedAt >= Self.warningInterval else { return false }
            state.warnedAt = now
            return true
        }
        guard isDue else { return }
        let file: Logger.Metadata = [
            "file": "\(files.certificate)", "days.left": "\(Self.daysLeft(certificateExpiry))",
        ]
        if left <= 0 {
            logger.error("the certificate has expired: clients refuse it", metadata: file)
        } else {
            logger.warning("the certificate expires soon", metadata: file)
        }
    }

    private static func daysLeft(_ expiry: Int64) -> Int64 {
        (expiry - Int64(time(nil))) / 86_400
    }
}
