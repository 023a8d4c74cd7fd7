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

    /// True where nothing is left out.
    public var isEverything: Bool { channels == nil && locations == nil }

    /// Refuses a channel outside, in the same words whether there is such a channel or not.
    public func admit(channel: String) throws(Refusal) {
        if !covers(channel: channel) { throw .outOfScope }
    }

    /// Refuses a location outside; an empty code is any location inside, and passes.
    public func admit(location: String) throws(Refusal) {
        if !location.isEmpty && !covers(location: location) { throw .outOfScope }
    }
}
