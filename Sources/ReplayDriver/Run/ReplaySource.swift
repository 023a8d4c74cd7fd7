public import Replay

/// Where the books come from.
public enum ReplaySource: Hashable, Sendable {
    /// A file, plain or compressed with gzip.
    case file(path: String)
    /// The sample that comes with the product.
    case sample

    /// Reads the books and plans the part of them that is within the scope of `options`.
    ///
    /// Throws where the file cannot be opened, its header is wrong, or it changes while it is read. Bad rows and a file
    /// that breaks off do not throw: the plan's problems name them.
    public func plan(_ options: ReplayOptions) throws -> (plan: ReplayPlan, offered: OfferedReport) {
        let dispatch = options.end == .delivery ? options.dispatch : nil
        return try ReplayPlan.reading(options.scope, replenishment: options.replenishment, dispatch: dispatch) {
            switch self {
            case .file(let path): try RetailReader(InputFile.open(path: path))
            case .sample: try RetailReader(RetailSample.open())
            }
        }
    }
}
