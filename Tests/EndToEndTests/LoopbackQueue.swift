import Foundation

/// What the kernel says of the connections to a port of this machine.
enum LoopbackQueue {
    /// Whether a connection to the port, open at this end, has bytes that the program has not read.
    static func hasUnreadBytes(port: Int) -> Bool {
        guard let table = FileManager.default.contents(atPath: "/proc/net/tcp") else { return false }
        for line in String(decoding: table, as: UTF8.self).split(separator: "\n").dropFirst() {
            // number, local address, remote address, state, sent:unread, in hexadecimal
            let fields = line.split(separator: " ")
            guard fields.count > 4, let local = fields[1].split(separator: ":").last, Int(local, radix: 16) == port
            else { continue }
            guard let unread = fields[4].split(separator: ":").last.flatMap({ Int($0, radix: 16) }) else { continue }
            // State 0A listens: its queue counts connections.
            if fields[3] != "0A" && unread > 0 { return true }
        }
        return false
    }
}
