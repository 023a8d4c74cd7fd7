import Domain

extension ReturnOrder {
    /// What of the refund went into the goods of an exchange, in minor units.
    var exchangedMinor: Int64 {
        guard let exchange, exchange.isPlaced else { return 0 }
        return min(refund, exchange.totalMinor)
    }

    /// Refuses a settlement that was not granted, and any while an exchange is under way: what is left is not known then.
    func checkSettlement(_ settlement: ReturnSettlement) throws(Refusal) {
        if let exchange, !exchange.isPlaced {
            throw .wrongState(
                .returnOrder, "R\(number)", state: "exchanging",
                explanation: "an order takes the place of its goods and is not placed yet")
        }
        if settlement == .original, refundWay == .storeCredit {
            throw .wrongState(
                .returnOrder, "R\(number)", state: refundWay.word, explanation: "store credit was granted, not money")
        }
    }
}

extension OrderWork {
    /// Gives back what the settlement of a return says, in its transaction: to the tenders of the order, by refund sequence, or
    /// as store credit of its customer.
    ///
    /// What a gateway has to give back is written down as attempts and sent by whoever looks next, once, also after a crash.
    /// What `RefundOrder` gave back before is not given again. What is settled outside or by other goods is not due back any
    /// more. An order without tenders is paid elsewhere.
    ///
    /// - Parameters:
    ///   - amount: what is settled, in minor units; nothing is done for none.
    ///   - settlement: how.
    /// - Throws: `Refusal` where it is not known yet what was taken, where the tenders may not give, or where store credit has
    ///   no customer.
    mutating func payBack(_ amount: Int64, by settlement: ReturnSettlement) throws {
        guard amount > 0, settlement == .storeCredit || paid != nil, settlement != .nothingDue else { return }
        var book = try payments()
        book.patienceMilliseconds = 0
        let due = min(amount, book.money.overpaid)
        switch settlement {
        case .original:
            if due < amount, book.money.sums.captured.open + book.money.sums.charged.open > 0 {
                throw Refusal.wrongState(
                    .order, "\(head.id)", state: book.money.standing.word,
                    explanation: "it is not known yet what was taken: settle the return again later")
            }
            guard due > 0 else { return }
            _ = try book.refund(due, purpose: .asked, id: change.id, by: .systemAlone)
        case .storeCredit: try book.credit(amount, of: self)
        case .outside, .exchange: book.adjust(due, cause: change.id)
        case .nothingDue: return
        }
        try write(&book)
    }
}
