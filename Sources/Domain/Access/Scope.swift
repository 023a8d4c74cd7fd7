/// The part of a company that a caller may deal with.
public struct Scope: Hashable, Sendable {
    /// Codes of channels; `nil` for all.
    public var channels: Set<String>?
    /// Codes of locations; `nil` for all.
    public var locations: Set<String>?

    /// Everything.
    public static let everything = Scope(channels: nil, locations: nil)

    /// Makes a scope.
    public init(channels: Set<String>?, locations: Set<String>?) {
        self.channels = channels
        self.locations = locations
    }

    /// Whether a channel is part of it.
    public func covers(channel: String) -> Bool { channels?.contains(channel) ?? true }

    /// Whether a location is part of it.
    public func covers(location: String) -> Bool { locations?.contains(location) ?? true }
}
