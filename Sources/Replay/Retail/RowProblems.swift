/// The problems found in one file: all are counted, the first ones are kept.
public struct RowProblems: Sendable {
    /// Most problems kept; the rest is only counted.
    public let kept: Int
    /// The first problems, in the order of the file.
    public private(set) var first: [RowProblem] = []
    /// Number of all problems.
    public private(set) var count = 0
    /// Number of lines that could not be used; a line may have several problems.
    public private(set) var refusedRows = 0
    /// True where the input broke off before its end.
    public private(set) var inputBrokeOff = false

    init(kept: Int) {
        self.kept = kept
    }

    mutating func refuseRow(_ problems: [RowProblem]) {
        refusedRows += 1
        add(problems)
    }

    mutating func breakOff(_ problem: RowProblem) {
        inputBrokeOff = true
        add([problem])
    }

    private mutating func add(_ problems: [RowProblem]) {
        count += problems.count
        first.append(contentsOf: problems.prefix(max(0, kept - first.count)))
    }
}
