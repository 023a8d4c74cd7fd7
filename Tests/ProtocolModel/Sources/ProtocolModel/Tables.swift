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

    /// A mutant that was refuted; `oversell` is nil where it promises no unit twice.
    package static func row(_ mutant: Mutant, _ violation: Violation, steps: Int, oversell: Int?) -> String {
        let last = oversell.map { String($0) } ?? "-"
        return "| `\(mutant)` | `\(mutant.configuration.name)` | `\(violation)` | \(steps) | \(last) |"
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
