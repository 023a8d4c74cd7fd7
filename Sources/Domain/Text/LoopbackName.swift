/// Names and addresses of the machine itself.
public enum LoopbackName {
    /// Whether a host is this machine: `localhost`, `::1`, or an IPv4 address of the network 127.
    ///
    /// A name that only begins like such an address is not.
    public static func includes(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
