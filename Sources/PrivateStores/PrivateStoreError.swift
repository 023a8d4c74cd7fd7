/// Why a private store cannot be started, reached or stopped.
public struct PrivateStoreError: Error, Hashable, Sendable {
    /// The kind of a failure.
    public enum Code: Hashable, Sendable {
        /// A program is not installed; the message says what to install.
        case programMissing

        /// The directory is in use by a live instance, or cannot be used for another reason that the message names.
        case directoryUnusable

        /// A program ended or answered in an unexpected way; the message names its log.
        case programFailed

        /// A store did not become ready, or did not end, in time.
        case timedOut

        /// The store is not running, so that what was asked cannot be done.
        case notRunning
    }

    /// The kind of the failure.
    public var code: Code

    /// What happened and what to do, for a person.
    public var message: String

    /// Makes an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension PrivateStoreError: CustomStringConvertible {
    /// The message.
    public var description: String { self.message }
}
