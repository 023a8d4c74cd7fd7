/// What one check of the doctor found.
public struct Finding: Hashable, Sendable {
    /// How bad it is.
    public enum Verdict: String, Sendable {
        /// As it should be.
        case ok
        /// The promises hold, but somebody should look at it.
        case warning
        /// A promise of the service does not hold, or the service cannot work.
        case wrong
    }

    /// How bad it is.
    public var verdict: Verdict
    /// What was looked at.
    public var subject: String
    /// What is the case.
    public var found: String
    /// What to do; empty where there is nothing to do.
    public var advice: String

    /// Makes a finding.
    public init(_ verdict: Verdict, _ subject: String, _ found: String, advice: String = "") {
        self.verdict = verdict
        self.subject = subject
        self.found = found
        self.advice = advice
    }
}
