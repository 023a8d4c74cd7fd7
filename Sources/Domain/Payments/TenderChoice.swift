/// A part of an amount that one tender gives or gets.
public struct TenderPart: Hashable, Sendable {
    /// Number of the tender.
    public var tender: Int16
    /// Minor units, at least 1.
    public var amount: Int64

    /// Makes a part.
    public init(tender: Int16, amount: Int64) {
        self.tender = tender
        self.amount = amount
    }
}

/// What tenders give or get of an amount, and what is left of it.
public struct TenderParts: Hashable, Sendable {
    /// The parts, in the order in which tenders take their turn.
    public var parts: [TenderPart] = []
    /// What no tender could give or get.
    public var rest: Int64

    fileprivate init(of amount: Int64, _ turns: some Sequence<(tender: Int16, room: Int64)>) {
        rest = max(0, amount)
        for turn in turns where rest > 0 && turn.room > 0 {
            let part = min(rest, turn.room)
            parts.append(TenderPart(tender: turn.tender, amount: part))
            rest -= part
        }
    }
}

/// Which tender gives how much of an amount, and which gets how much of it back.
public enum TenderChoice {
    /// How an amount is taken of what tenders hold: by charge sequence, each up to what may still be taken of it.
    ///
    /// What an exchange holds is not taken so: it is there when its return is decided. The others give what is left.
    public static func charging(_ amount: Int64, to tenders: [Tender]) -> TenderParts {
        let expected = tenders.filter { $0.kind == .exchange }.reduce(0) { $0 + $1.sums.capturable }
        return TenderParts(
            of: amount - expected,
            inChargeOrder(tenders).filter { $0.kind != .exchange }.map { ($0.number, $0.sums.capturable) })
    }

    /// How an amount is given back: by refund sequence, each up to what was taken by it and not given back.
    ///
    /// - Parameters:
    ///   - amount: minor units.
    ///   - tenders: of the order.
    ///   - named: the only tender that may get any; nil for all of them.
    /// - Returns: the parts; a rest where so much was not taken.
    public static func refunding(_ amount: Int64, to tenders: [Tender], only named: Int16? = nil) -> TenderParts {
        TenderParts(
            of: amount,
            inRefundOrder(tenders).filter { named == nil || $0.number == named }.map {
                ($0.number, $0.sums.refundable)
            })
    }

    /// The tenders whose whole hold is not needed any more: others, earlier in the charge sequence, cover what is owed and
    /// not taken.
    ///
    /// A hold that is needed in part stays whole: a lower amount is taken of it.
    public static func idle(_ tenders: [Tender], needing amount: Int64) -> [Tender] {
        var need = max(0, amount)
        var idle: [Tender] = []
        for tender in inChargeOrder(tenders) where tender.sums.held > 0 {
            // What is asked of a gateway about it comes first.
            if need == 0 && !tender.sums.hasOpen { idle.append(tender) }
            need -= min(need, tender.sums.capturable)
        }
        return idle
    }

    /// The tenders in the order of their turn to be charged.
    public static func inChargeOrder(_ tenders: [Tender]) -> [Tender] {
        tenders.sorted { ($0.chargeSequence, $0.number) < ($1.chargeSequence, $1.number) }
    }

    /// The tenders in the order of their turn to be refunded: of one sequence, the last charged first.
    ///
    /// What an exchange brought goes back last, whatever sequences the others have: nobody has paid it to this order.
    public static func inRefundOrder(_ tenders: [Tender]) -> [Tender] {
        tenders.sorted { left, right in
            let (isLeftLast, isRightLast) = (left.kind == .exchange, right.kind == .exchange)
            if isLeftLast != isRightLast { return isRightLast }
            if left.refundSequence != right.refundSequence { return left.refundSequence < right.refundSequence }
            return left.number > right.number
        }
    }
}
