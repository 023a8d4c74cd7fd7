/// A page of a list.
public struct Page<Element: Sendable>: Sendable {
    /// The entries.
    public var elements: [Element]
    /// True where the list goes on.
    public var hasMore: Bool

    /// Makes a page.
    public init(elements: [Element], hasMore: Bool) {
        self.elements = elements
        self.hasMore = hasMore
    }

    /// Makes a page of at most `limit` of the entries that were read, of which one more than the limit tells that the list goes on.
    init(_ read: [Element], limit: Int) {
        elements = Array(read.prefix(limit))
        hasMore = read.count > limit
    }
}

extension Page: Equatable where Element: Equatable {}
