/// An entry point for fuzzing: a reader of bytes that come from outside.
///
/// Each takes any bytes and traps where the reader breaks a rule, beyond what the language itself traps.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// Frames of the framed transport, and what stands in them.
    case frame
    /// The meta of a call, and its metadata.
    case meta
    /// The meta of a stream's frame.
    case streamMeta = "stream-meta"
    /// CSV records.
    case csv
    /// Rows of the retail books.
    case retail
    /// Rows of an import file.
    case importFile = "import"
    /// Trace context, request ids and timeouts.
    case trace
    /// Credentials: API keys and tokens of a single sign-on.
    case token
    /// Tokens of list pages.
    case pageToken = "page-token"
    /// Files of sourcing problems, and planning what they hold.
    case sourcing

    /// Reads the bytes.
    package func run(_ bytes: UnsafeRawBufferPointer) {
        switch self {
        case .frame: readFrames(bytes)
        case .meta: readCallMeta(bytes)
        case .streamMeta: readStreamMeta(bytes)
        case .csv: readCSV(bytes)
        case .retail: readRetailBooks(bytes)
        case .importFile: readImportFile(bytes)
        case .trace: readTrace(bytes)
        case .token: readCredential(bytes)
        case .pageToken: readPageToken(bytes)
        case .sourcing: readSourcingFile(bytes)
        }
    }
}
