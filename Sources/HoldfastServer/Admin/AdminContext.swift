import Hummingbird
import HummingbirdCore
import NIOCore

/// The connection of a request on the admin port.
struct AdminContext: InitializableFromSource, Sendable {
    /// The connection.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
    }
}
