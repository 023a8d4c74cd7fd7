/// How log lines are written.
public enum LogFormat: String, CaseIterable, Hashable, Sendable {
    /// For people: time, level, label, message, then `name=value`.
    case text
    /// For programs: one JSON object a line.
    case json
}
