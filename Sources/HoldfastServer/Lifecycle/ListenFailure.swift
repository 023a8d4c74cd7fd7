public import FramedTransport
import GRPCCore
import NIOCore

/// A server cannot listen where it was told to.
public struct ListenFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where.
    public var address: FramedAddress
    /// Why not.
    public var reason: String

    /// Finds the reason in what the transport threw.
    init(_ address: FramedAddress, _ error: any Error) {
        self.address = address
        switch (error as? RuntimeError)?.cause ?? error {
        case let error as IOError: reason = error.description
        case let cause: reason = "\(cause)"
        }
    }

    /// Place and reason in one line.
    public var description: String { "cannot listen on \(address): \(reason)" }
}
