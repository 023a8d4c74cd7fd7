import Replay

/// What a file holds and where its columns stand, read from its header.
struct ImportLayout: Hashable, Sendable {
    /// What a file holds.
    enum Kind: Hashable, Sendable, CaseIterable {
        /// Products.
        case products
        /// Goods to receive.
        case stock

        /// The columns of such a file.
        var columns: [String] {
            switch self {
            case .products: ["sku", "name", "barcode", "tracked"]
            case .stock: ["sku", "location", "quantity"]
            }
        }
    }

    /// What the file holds.
    let kind: Kind
    /// Position of each column, from 0.
    let positions: [String: Int]

    /// Reads a header; the columns may stand in any order, but all must be there, each once, and no other.
    init(header: CSVRecord) throws(ImportFileError) {
        let names = (0..<header.count).map { String(decoding: header[$0], as: UTF8.self) }
        guard let kind = Kind.allCases.first(where: { $0.columns.sorted() == names.sorted() }) else {
            throw ImportFileError(
                "line \(header.line): the columns are \(names.joined(separator: ",")), but must be "
                    + Kind.allCases.map { $0.columns.joined(separator: ",") }.joined(separator: " or "))
        }
        self.kind = kind
        positions = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    }

    /// Position of a column for people, from 1.
    func shownPosition(_ column: String) -> Int? { positions[column].map { $0 + 1 } }
}
