import Glibc

/// CPU time and memory of this process and its descendants, by what they are.
enum ProcessTimes {
    private struct Entry {
        var parent: Int32
        var name: String
        var seconds: Double
    }

    /// CPU seconds so far: `load generator` (this process), `server`, `redis`, `postgres`, `other`.
    static func now() -> [String: Double] {
        let own = getpid()
        var entries: [Int32: Entry] = [:]
        for pid in processes() {
            if let entry = entry(pid) { entries[pid] = entry }
        }
        var sums: [String: Double] = [:]
        for (pid, entry) in entries where descends(pid, from: own, in: entries) {
            let kind: String
            if pid == own {
                kind = "load generator"
            } else if entry.name.hasPrefix("redis") {
                kind = "redis"
            } else if entry.name.hasPrefix("postgres") {
                kind = "postgres"
            } else if entry.name.hasPrefix("holdfast") {
                kind = "server"
            } else {
                kind = "other"
            }
            sums[kind, default: 0] += entry.seconds
        }
        return sums
    }

    /// Memory of the server processes that descend from this one, in bytes.
    static func serverMemory() -> Int {
        let own = getpid()
        var entries: [Int32: Entry] = [:]
        for pid in processes() {
            if let entry = entry(pid) { entries[pid] = entry }
        }
        var sum = 0
        for (pid, entry) in entries where pid != own && entry.name.hasPrefix("holdfast") {
            if descends(pid, from: own, in: entries) { sum += residentBytes(pid) }
        }
        return sum
    }

    /// Field 2 (resident pages) of `/proc/PID/statm`.
    private static func residentBytes(_ pid: Int32) -> Int {
        guard let file = fopen("/proc/\(pid)/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        guard fgets(&line, Int32(line.count), file) != nil else { return 0 }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    private static func descends(_ pid: Int32, from ancestor: Int32, in entries: [Int32: Entry]) -> Bool {
        var current = pid
        for _ in 0..<16 {
            if current == ancestor { return true }
            guard let entry = entries[current] else { return false }
            current = entry.parent
        }
        return false
    }

    private static func processes() -> [Int32] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var pids: [Int32] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if let pid = Int32(name) { pids.append(pid) }
        }
        return pids
    }

    /// Fields 2 (name), 4 (parent), 14 and 15 (user and system ticks) of `/proc/PID/stat`.
    private static func entry(_ pid: Int32) -> Entry? {
        guard let file = fopen("/proc/\(pid)/stat", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 1_024)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let parent = Int32(fields[1]), let user = Double(fields[11]),
            let system = Double(fields[12])
        else { return nil }
        let name = String(text[text.index(after: open)..<close])
        return Entry(parent: parent, name: name, seconds: (user + system) / Double(sysconf(Int32(_SC_CLK_TCK))))
    }
}
