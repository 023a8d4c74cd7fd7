import Glibc

/// Ports of 127.0.0.1.
package enum LoopbackPort {
    /// A port that is free at this moment.
    package static func findFree() throws(PrivateStoreError) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw self.failure() }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
            }
        }
        guard outcome == 0 else { throw self.failure() }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func failure() -> PrivateStoreError {
        PrivateStoreError(.programFailed, "no free loopback port: \(String(cString: strerror(errno)))")
    }
}
