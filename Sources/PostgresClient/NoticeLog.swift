import CLibPQ
import Logging

/// Receives the server's notices and warnings, which libpq would print otherwise.
final class NoticeLog {
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Makes libpq call this object, which must outlive the handle.
    func attach(to handle: OpaquePointer) {
        PQsetNoticeReceiver(
            handle,
            { context, result in
                guard let context, let message = PQresultErrorMessage(result) else { return }
                Unmanaged<NoticeLog>.fromOpaque(context).takeUnretainedValue().logger.debug(
                    "postgres notice", metadata: ["postgres.message": "\(String(cString: message))"])
            }, Unmanaged.passUnretained(self).toOpaque())
    }
}
