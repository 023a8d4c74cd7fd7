/// Shows how far long work has come: on a terminal one line that is rewritten, elsewhere a plain line now and then.
struct ProgressLine {
    private let title: String
    private let total: Int
    private let isInteractive: Bool
    private let clock = ContinuousClock()
    private let start: ContinuousClock.Instant
    private var shownAt: ContinuousClock.Instant?

    /// Begins with nothing done; `total` 0 stands for an unknown amount.
    init(_ title: String, total: Int, isInteractive: Bool = Terminal.isErrorInteractive) {
        self.title = title
        self.total = total
        self.isInteractive = isInteractive
        start = clock.now
    }

    /// Shows the state where enough time has passed since it was shown last.
    mutating func show(_ done: Int) {
        let now = clock.now
        if let shownAt, now - shownAt < (isInteractive ? .milliseconds(100) : .seconds(5)) { return }
        if shownAt == nil && !isInteractive {
            shownAt = now
            return
        }
        shownAt = now
        Terminal.errorPart(isInteractive ? "\r\(text(done, at: now))\u{1B}[K" : text(done, at: now) + "\n")
    }

    /// Ends the line.
    mutating func finish(_ done: Int) {
        Terminal.errorPart(
            isInteractive ? "\r\(text(done, at: clock.now))\u{1B}[K\n" : text(done, at: clock.now) + "\n")
    }

    private func text(_ done: Int, at now: ContinuousClock.Instant) -> String {
        let milliseconds = Int(max(1, (now - start) / .milliseconds(1)))
        let rate = done * 1_000 / milliseconds
        guard total > 0 else { return "\(title): \(done) done, \(rate)/s" }
        return "\(title): \(done) of \(total) (\(done * 100 / total) %), \(rate)/s"
    }
}
