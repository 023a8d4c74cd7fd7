/// Rows of the README's tables, so that the document and the searches cannot drift apart.
package enum Tables {
    /// Heads the table of configurations.
    package static let configurationHead =
        "| configuration | what happens in it | states | depth |\n|---|---|---:|---:|"

    /// Heads the table of mutants.
    package static let mutantHead =
        "| mutant | configuration | first broken promise | steps | steps to a unit promised twice |\n|---|---|---|---:|---:|"

    /// A configuration that was exhausted.
    package static func row(_ configuration: Configuration, states: Int, depth: Int) -> String {
        "| `\(configuration.name)` | \(configuration.purpose) | \(grouped(states)) | \(depth) |"
    }

    /// A mutant: what it breaks first and after how many steps; `oversell` is nil where it promises no unit twice, `broken`
    /// where it breaks nothing.
    package static func row(_ mutant: Mutant, broken: (violation: Violation, steps: Int)?, oversell: Int?) -> String {
        let first = broken.map { "`\($0.violation)` | \($0.steps)" } ?? "none | -"
        return "| `\(mutant)` | `\(mutant.configuration.name)` | \(first) | \(oversell.map { String($0) } ?? "-") |"
    }

    private static func grouped(_ number: Int) -> String {
        var digits = String(number)
        var groups: [Substring] = []
        while digits.count > 3 {
            groups.insert(digits.suffix(3), at: 0)
            digits = String(digits.dropLast(3))
        }
        groups.insert(digits[...], at: 0)
        return groups.joined(separator: ",")
    }
}
