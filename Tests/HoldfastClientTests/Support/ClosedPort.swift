import Glibc
import HoldfastClient
import HoldfastTesting

/// A loopback port on which nobody listens, and which nobody else gets while this lives.
final class ClosedPort: Sendable {
    /// The port as an endpoint.
    let endpoint: HoldfastEndpoint
    private let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        endpoint = HoldfastEndpoint(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
        guard isBound else { throw TestFailure("no port is free") }
    }

    deinit {
        close(descriptor)
    }
}
