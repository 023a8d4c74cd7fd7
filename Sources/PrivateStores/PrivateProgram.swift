import Glibc

/// A program that runs beside private stores, with a log of its own, and ends with this process.
public final class PrivateProgram: Sendable {
    /// Where both its outputs go.
    public let logPath: String
    private let child: ChildProcess
    private let logStart: Int

    /// Starts a program; the first argument is its path.
    ///
    /// It gets a small environment of its own, and what is added to it.
    ///
    /// Throws where it cannot be started. Its log is appended to.
    public init(
        _ arguments: [String], environment: [String: String] = [:], log: String
    ) throws(PrivateStoreError) {
        logPath = log
        logStart = PrivateProgram.content(of: log).utf8.count
        let confinement = try Confinement(account: nil)
        child = try ChildProcess(
            confinement.arguments(deathSignal: "TERM", arguments), environment: environment, log: log)
    }

    /// The process id while it runs.
    public var processID: Int32? { child.exit == nil ? child.pid : nil }

    /// How it ended, in words; nil while it runs.
    public var ending: String? {
        switch child.exit {
        case nil: nil
        case .exited(let status): "status \(status)"
        case .signalled(let signal): "signal \(signal)"
        }
    }

    /// Waits for the first line of this run's log that begins like this, at most `seconds`.
    ///
    /// Throws where the program ends first or the time is over; the error carries the end of the log.
    public func line(beginningWith beginning: String, seconds: Int = 60) async throws -> String {
        for _ in 0..<seconds * 50 {
            let text = String(decoding: PrivateProgram.content(of: logPath).utf8.dropFirst(logStart), as: UTF8.self)
            for line in text.split(separator: "\n", omittingEmptySubsequences: true) where line.hasPrefix(beginning) {
                return String(line)
            }
            guard child.exit == nil else { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let end = PrivateProgram.content(of: logPath).suffix(2_000)
        throw PrivateStoreError(.programFailed, "no line \"\(beginning)…\" came; the end of \(logPath):\n\(end)")
    }

    /// Everything in its log, what was there before it included.
    public var logged: String { PrivateProgram.content(of: logPath) }

    /// Kills it without warning.
    public func kill9() {
        child.signal(SIGKILL)
        _ = child.waitForExit(seconds: 10)
    }

    /// Stops it in its tracks until `resume`.
    public func pause() { child.signal(SIGSTOP) }

    /// Lets it go on.
    public func resume() { child.signal(SIGCONT) }

    /// Asks it to end and waits, at most `seconds`; then kills it.
    public func stop(seconds: Int = 30) async {
        child.signal(SIGTERM)
        for _ in 0..<seconds * 50 where child.exit == nil {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        if child.exit == nil { kill9() }
    }

    private static func content(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
