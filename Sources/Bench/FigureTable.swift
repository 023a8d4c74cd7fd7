/// Figures with their names, one a line.
enum FigureTable {
    /// Names, with blanks for their underscores, and values in two columns.
    static func text(_ figures: [(name: String, value: String)]) -> String {
        let width = figures.map(\.name.count).max() ?? 0
        return figures.map { name, value in
            name.replacing("_", with: " ") + String(repeating: " ", count: width + 2 - name.count) + value
        }.joined(separator: "\n")
    }

    /// A figure to three decimal places.
    static func thousandths(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
