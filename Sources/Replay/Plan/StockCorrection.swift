/// Goods that an invoice of the books writes off: broken, lost, counted short.
public struct StockCorrection: Hashable, Sendable {
    /// The units of one article.
    public struct Line: Hashable, Sendable {
        /// The article.
        public let sku: String
        /// Change of stock in units, at most -1.
        public let delta: Int64
    }

    /// The movement's id, derived from the invoice number.
    public let id: ReplayID
    /// The invoice number.
    public let invoice: String
    /// The clerk's remarks, joined with `; ` where the lines have several; 1 to 128 bytes, `unspecified` without any.
    public let reason: String
    /// 1 to 1,000 lines in the order of the books.
    public let lines: [Line]

    init(rows: [RetailRow]) {
        invoice = rows[0].invoice.text
        id = ReplayID(.correction, invoice)
        var remarks: [String] = []
        for row in rows {
            let remark = ASCIIText.trimmed(row.description)
            if !remark.isEmpty, !remarks.contains(remark) { remarks.append(remark) }
        }
        let joined = ASCIIText.prefix(of: remarks.joined(separator: "; "), bytes: 128)
        reason = joined.isEmpty ? "unspecified" : joined
        lines = rows.map { Line(sku: $0.stockCode.sku, delta: Int64($0.quantity)) }
    }
}
