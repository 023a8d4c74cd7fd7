import CLibPQ
import Logging

/// Receives the server's notices and warnings, which libpq would print otherwise.
final class NoticeLog {
    private let logger: Logger

    /// Why the server ended the session, if it said so while nothing was asked: then libpq takes it for a notice.
    private(set) var lastWords: String?

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Makes libpq call this object, which must outlive the handle.
    func attach(to handle: OpaquePointer) {
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context, let result else { return }
                Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().receive(result)
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    private func receive(_ result: OpaquePointer) {
        let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
        self.logger.debug("postgres notice", metadata: ["postgres.message": "\(message)"])
        let severity = PQresultErrorField(result, Int32(CLIBPQ_FIELD_SEVERITY)).map { String(cString: $0) }
        if severity == "FATAL" || severity == "PANIC" { self.lastWords = message }
    }
}
