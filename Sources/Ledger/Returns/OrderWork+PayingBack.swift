import Domain

extension OrderWork {
    /// Gives back what the settlement of a return says, in its transaction: to the tenders of the order, by refund sequence, or
    /// as store credit of its customer.
    ///
    /// What a gateway has to give back is written down as attempts and sent by whoever looks next, once, also after a crash.
    /// What `RefundOrder` gave back before is not given again. An order without tenders is paid elsewhere, and so is what is
    /// settled outside.
    ///
    /// - Parameters:
    ///   - amount: what is refunded, in minor units.
    ///   - settlement: how.
    /// - Throws: `Refusal` where the tenders have less, or store credit has no customer.
    mutating func payBack(_ amount: Int64, by settlement: ReturnSettlement) throws {
        guard amount > 0 else { return }
        switch settlement {
        case .original:
            guard paid != nil else { return }
            var book = try payments()
            let due = min(amount, book.money.overpaid)
            guard due > 0 else { return }
            _ = try book.refund(due, id: change.id, by: .systemAlone)
            try write(&book)
        case .storeCredit:
            var book = try payments()
            try book.credit(amount, of: self)
            try write(&book)
        case .outside, .exchange, .nothingDue:
            return
        }
    }
}
