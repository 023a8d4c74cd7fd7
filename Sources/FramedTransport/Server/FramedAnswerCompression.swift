/// When a server compresses its answers.
public enum FramedAnswerCompression: Hashable, Sendable {
    /// Never.
    case never
    /// When the request was compressed, in the same way.
    case asRequested
    /// Always, in one way, for clients that are known to inflate it.
    case always(FramedCompression)

    var isUnconditional: Bool {
        if case .always = self { return true }
        return false
    }

    func compression(forRequest type: Int32) -> FramedCompression? {
        switch self {
        case .never: nil
        case .asRequested: FramedCompression(rawValue: type)
        case .always(let compression): compression
        }
    }
}
