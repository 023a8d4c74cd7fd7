/// The shortest way from the beginning to a broken promise.
package struct CounterExample: Sendable {
    /// What is broken at its end.
    package let violation: Violation
    /// The steps, and the state after each.
    package let path: [Successor<Step, State>]
    /// The model it was found in.
    package let model: Model

    /// Steps from the beginning.
    package var length: Int { path.count }
}

extension CounterExample: CustomStringConvertible {
    /// A line a step, below it what it left behind.
    package var description: String {
        var lines = ["\(violation.rawValue) after \(length) \(length == 1 ? "step" : "steps")"]
        lines.append("   0  the beginning")
        lines += model.summary(of: model.initial).map { "        " + $0 }
        var before = model.initial
        for (index, successor) in path.enumerated() {
            let number = String(index + 1)
            lines.append(
                String(repeating: " ", count: 4 - number.count) + number + "  " + model.sentence(successor.step))
            let old = model.summary(of: before)
            for (line, known) in zip(model.summary(of: successor.state), old) where line != known {
                lines.append("        " + line)
            }
            before = successor.state
        }
        return lines.joined(separator: "\n")
    }
}
