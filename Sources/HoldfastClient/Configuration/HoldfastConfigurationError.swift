/// Why a client cannot be made of a configuration.
public struct HoldfastConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, in a sentence without a full stop; never contains a secret.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
