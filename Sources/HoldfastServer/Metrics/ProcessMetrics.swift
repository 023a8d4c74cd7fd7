import CoreMetrics

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the operating system tells of this process, read from `/proc` before each exposition.
struct ProcessMetrics: Sendable {
    private let processorTime: Meter
    private let residentMemory: Meter
    private let virtualMemory: Meter
    private let openDescriptors: Meter
    private let maximumDescriptors: Meter
    private let threads: Meter

    init(factory: any MetricsFactory) {
        func meter(_ label: String) -> Meter { Meter(label: label, factory: factory) }
        processorTime = meter("process_cpu_seconds_total")
        residentMemory = meter("process_resident_memory_bytes")
        virtualMemory = meter("process_virtual_memory_bytes")
        openDescriptors = meter("process_open_fds")
        maximumDescriptors = meter("process_max_fds")
        threads = meter("process_threads")
        meter("process_start_time_seconds").set(Self.startTime())
    }

    /// Brings the figures up to date; what the system does not tell stays as it is.
    func collect() {
        readStatistics()
        if let entries = Self.entryCount(of: "/proc/self/fd") { openDescriptors.set(entries) }
        var limit = rlimit()
        #if canImport(Glibc)
            let outcome = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
            let outcome = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        if outcome == 0 { maximumDescriptors.set(Double(limit.rlim_cur)) }
    }

    private func readStatistics() {
        guard let field = Self.statistics() else { return }
        let ticks = Self.ticksPerSecond
        if let user = field(14), let system = field(15) { processorTime.set((user + system) / ticks) }
        if let count = field(20) { threads.set(count) }
        if let bytes = field(23) { virtualMemory.set(bytes) }
        if let pages = field(24) { residentMemory.set(pages * Double(sysconf(Int32(_SC_PAGESIZE)))) }
    }

    private static var ticksPerSecond: Double { Double(sysconf(Int32(_SC_CLK_TCK))) }

    /// The fields of `/proc/self/stat` by their numbers, which begin at 1.
    private static func statistics() -> ((Int) -> Double?)? {
        // The second field is the program's name in brackets, which may hold anything.
        guard let text = content(of: "/proc/self/stat"), let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        return { number in
            let index = number - 3
            return fields.indices.contains(index) ? Double(fields[index]) : nil
        }
    }

    /// When the process began, in seconds since 1970; where the system does not tell its age, now.
    private static func startTime() -> Double {
        let now = Double(time(nil))
        // Both figures count from the boot of the system.
        guard let began = statistics()?(22), let uptime = content(of: "/proc/uptime")?.split(separator: " ").first,
            let seconds = Double(uptime)
        else { return now }
        return now - max(0, seconds - began / ticksPerSecond)
    }

    private static func content(of path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var portion = [UInt8](repeating: 0, count: 16 * 1_024)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &portion, portion.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: portion[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func entryCount(of path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Not the folder, its parent, and the descriptor of this very look.
        return max(0, count - 3)
    }
}
