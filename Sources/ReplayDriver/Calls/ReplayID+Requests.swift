import Replay

extension ReplayID {
    /// The id of an attempt, from 0, to reserve the goods of an invoice: that of the name
    /// `order/<invoice>/reservation/<attempt>`.
    static func reservation(invoice: String, attempt: Int) -> ReplayID {
        ReplayID(.order, "\(invoice)/reservation/\(attempt)")
    }

    /// The id of a request that sets the shop up: that of the name `receipt/catalogue/<content>`.
    static func catalogue(_ content: String) -> ReplayID {
        ReplayID(.receipt, "catalogue/\(content)")
    }
}
