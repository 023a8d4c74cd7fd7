#if HOLDFAST_FAILPOINTS
    import Glibc
    import Synchronization

    /// What happens at a point.
    package enum FailpointAction: Sendable {
        /// The process ends there and then, as by `kill -9`.
        case exit
        /// The thread stands still for so many milliseconds.
        case stall(Int)
        /// The answer is swallowed, where there is one.
        case drop
        /// The test is called.
        case run(@Sendable () -> Void)
    }

    /// The points that are armed in this process.
    ///
    /// `HOLDFAST_FAILPOINT` arms those of a server: `name[:count][:action]`, several with commas between. `count` is the
    /// passing that counts (default 1), and the point acts once; `60*` is every sixtieth passing. `action` is `exit` (the
    /// default), `stall:MILLISECONDS` or `drop`.
    /// A value that cannot be read ends the process: a test that arms nothing would prove nothing.
    package final class FailpointTable: Sendable {
        private struct Entry: Sendable {
            var passesLeft: Int
            /// After how many passings it acts again; nil where it acts once.
            var period: Int?
            var action: FailpointAction
        }

        /// The table of this process.
        package static let shared = FailpointTable(text: getenv("HOLDFAST_FAILPOINT").map { String(cString: $0) } ?? "")

        private let entries: Mutex<[Failpoint: Entry]>

        private init(text: String) {
            var entries: [Failpoint: Entry] = [:]
            for part in text.split(separator: ",") {
                guard let (point, entry) = FailpointTable.entry(part) else {
                    fatalError("HOLDFAST_FAILPOINT: \"\(part)\" is not name[:count][:exit|stall:MILLISECONDS|drop]")
                }
                entries[point] = entry
            }
            self.entries = Mutex(entries)
        }

        private static func entry(_ text: Substring) -> (Failpoint, Entry)? {
            var words = text.split(separator: ":", omittingEmptySubsequences: false)[...]
            guard let name = words.popFirst(), let point = Failpoint(rawValue: String(name)) else { return nil }
            var entry = Entry(passesLeft: 1, action: .exit)
            if let word = words.first, let count = Int(word.hasSuffix("*") ? word.dropLast() : word) {
                guard count > 0 else { return nil }
                entry.passesLeft = count
                entry.period = word.hasSuffix("*") ? count : nil
                words.removeFirst()
            }
            switch words.popFirst() {
            case nil, "exit": break
            case "drop": entry.action = .drop
            case "stall":
                guard let time = words.popFirst().flatMap({ Int($0) }), time > 0 else { return nil }
                entry.action = .stall(time)
            default: return nil
            }
            return words.isEmpty ? (point, entry) : nil
        }

        func arm(_ point: Failpoint, at pass: Int, _ action: FailpointAction) {
            entries.withLock { $0[point] = Entry(passesLeft: pass, action: action) }
        }

        func disarm(_ point: Failpoint) { entries.withLock { $0[point] = nil } }

        /// Passes a point; true where an answer is to be swallowed.
        package func reach(_ point: Failpoint) -> Bool {
            let action = entries.withLock { entries -> FailpointAction? in
                guard let entry = entries[point] else { return nil }
                guard entry.passesLeft == 1 else {
                    entries[point]?.passesLeft -= 1
                    return nil
                }
                entries[point] = entry.period.map { Entry(passesLeft: $0, period: $0, action: entry.action) }
                return entry.action
            }
            switch action {
            case nil: return false
            case .exit: _exit(137)
            case .stall(let milliseconds):
                usleep(UInt32(milliseconds) * 1_000)
                return false
            case .drop: return true
            case .run(let body):
                body()
                return false
            }
        }
    }
#endif
