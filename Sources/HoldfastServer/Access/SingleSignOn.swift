public import AccessTokens

/// A company's single sign-on, as far as a server deals with it.
public struct SingleSignOn: Hashable, Sendable {
    /// Where its key set is.
    public var keys: KeySetSource
    /// What is asked of its tokens.
    public var rules: TokenRules

    /// Makes a description.
    public init(keys: KeySetSource, rules: TokenRules) {
        self.keys = keys
        self.rules = rules
    }
}
