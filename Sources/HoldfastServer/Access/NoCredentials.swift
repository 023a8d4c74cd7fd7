/// A server that nobody could call.
public struct NoCredentials: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is the case and what to do.
    public var description: String {
        """
        no API key can be used and no single sign-on is set, so nobody could call this server: make a first key with \
        'holdfast key create --role admin --name NAME', or name your single sign-on with --sso-jwks, or say \
        --allow-anonymous where everybody who reaches the server may do everything
        """
    }
}
