/// Compares what was scanned with what was to be picked.
///
/// Pure: scans are spread over a fulfilment's lines in their order, and what is missing is short.
public struct PickTally: Hashable, Sendable {
    /// One scan: what a scanner or a person read, and how many of it.
    public struct Scan: Hashable, Sendable {
        /// Barcode or sku.
        public var code: String
        /// Units, at least 1.
        public var quantity: Int64

        /// Makes a scan.
        public init(code: String, quantity: Int64) {
            self.code = code
            self.quantity = quantity
        }
    }

    /// Units of a line and cell that were found, and those that were not.
    public struct Part: Hashable, Sendable {
        /// Index of the fulfilment's line.
        public var index: Int
        /// Units found.
        public var found: Int64
        /// Units short.
        public var short: Int64
    }

    /// A part for each of the lines that has open units, in their order.
    public var parts: [Part]

    /// Units found, of articles that are scanned.
    public var found: Int64
    /// Units short.
    public var short: Int64

    /// Spreads scans over lines.
    ///
    /// An article without stock is not scanned: its units are found by themselves where anything else is.
    ///
    /// - Parameters:
    ///   - scans: what was read.
    ///   - lines: the fulfilment's lines.
    ///   - name: what a refusal calls the fulfilment.
    /// - Throws: ``Refusal/invalid(_:)`` naming each scan whose code is of no line, or that has more units than asked.
    public init(_ scans: [Scan], of lines: [Fulfilment.Line], naming name: String) throws(Refusal) {
        var violations: [FieldViolation] = []
        var read: [String: Int64] = [:]
        var wanted: [String: Int64] = [:]
        for line in lines where line.tracked { wanted[line.sku, default: 0] += line.open }
        for (index, scan) in scans.enumerated() {
            let matching = lines.first { $0.tracked && $0.open > 0 && $0.isRead(as: scan.code) }
            guard let line = matching else {
                violations.append(
                    FieldViolation(
                        "scans[\(index)].code",
                        "\(scan.code) is no article of \(name); to be picked are \(PickTally.list(lines))"))
                continue
            }
            let sum = read[line.sku, default: 0] + scan.quantity
            read[line.sku] = sum
            if sum > wanted[line.sku] ?? 0 {
                violations.append(
                    FieldViolation(
                        "scans[\(index)].quantity",
                        "makes \(sum) of \(line.sku), line \(line.number) wants \(wanted[line.sku] ?? 0)"))
            }
        }
        guard violations.isEmpty else { throw .invalid(violations) }
        let anything = read.values.contains { $0 > 0 } || !lines.contains { $0.tracked && $0.open > 0 }
        parts = []
        found = 0
        short = 0
        for (index, line) in lines.enumerated() where line.open > 0 {
            let here: Int64
            if line.tracked {
                here = min(line.open, read[line.sku] ?? 0)
                read[line.sku, default: 0] -= here
                found += here
                short += line.open - here
            } else {
                here = anything ? line.open : 0
            }
            parts.append(Part(index: index, found: here, short: line.open - here))
        }
    }

    /// Some of what is wanted, for people.
    private static func list(_ lines: [Fulfilment.Line]) -> String {
        let wanted = lines.filter { $0.tracked && $0.open > 0 }
        let shown = wanted.prefix(5).map { line in
            line.barcode.isEmpty
                ? "line \(line.number) \(line.sku)" : "line \(line.number) \(line.sku) (\(line.barcode))"
        }
        return shown.joined(separator: ", ") + (wanted.count > 5 ? " and \(wanted.count - 5) more" : "")
    }
}

extension Fulfilment.Line {
    /// Whether a scanner that reads this code has the line's article: by barcode where it has one, or by sku.
    func isRead(as code: String) -> Bool { code == sku || (!barcode.isEmpty && code == barcode) }
}
