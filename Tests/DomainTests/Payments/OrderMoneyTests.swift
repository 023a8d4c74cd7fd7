import Domain
import Testing

@Suite("The money of an order")
struct OrderMoneyTests {
    private typealias Make = TenderChoiceTests

    private func money(
        total: Int64 = 100, notOwed: Int64 = 0, earned: Int64 = 0, refundDue: Int64 = 0, adjusted: Int64 = 0,
        _ attempts: PaymentAttempt...
    ) -> OrderMoney {
        OrderMoney(
            total: total, notOwed: notOwed, earned: earned, refundDue: refundDue, adjusted: adjusted,
            tenders: [
                Tender(
                    id: EntityID(high: 0, low: 1), number: 1, kind: .cardGateway, amount: 100,
                    sums: TenderSums(attempts)
                )
            ])
    }

    @Test("What is earned is to be taken, once, and never more than is owed")
    func captures() {
        #expect(money(earned: 0, Make.attempt(.authorize, 100)).captureDue == 0)
        #expect(money(earned: 40, Make.attempt(.authorize, 100)).captureDue == 40)
        #expect(money(earned: 40, Make.attempt(.authorize, 100), Make.attempt(.capture, 40, .unknown)).captureDue == 0)
        #expect(money(earned: 70, Make.attempt(.authorize, 100), Make.attempt(.capture, 40)).captureDue == 30)
        // Charged at once: nothing more when it ships.
        #expect(money(earned: 100, Make.attempt(.charge, 100)).captureDue == 0)
        // Returned and given back: not taken again.
        #expect(
            money(earned: 100, refundDue: 30, Make.attempt(.charge, 100), Make.attempt(.refund, 30, purpose: .asked))
                .captureDue == 0)
        // Goodwill before anything was taken: less is taken.
        #expect(money(earned: 100, adjusted: -10, Make.attempt(.authorize, 100)).captureDue == 90)
        // A cancellation after a charge at once, then an amendment that costs more.
        #expect(
            money(
                total: 140, notOwed: 40, earned: 100, Make.attempt(.charge, 100),
                Make.attempt(.refund, 40, purpose: .surplus)
            ).captureDue == 40)
    }

    @Test("A surplus after a cancellation is given back unasked, what is due for a return is not")
    func surplus() {
        #expect(money(notOwed: 40, Make.attempt(.charge, 100)).surplus == 40)
        #expect(money(earned: 100, refundDue: 40, Make.attempt(.charge, 100)).surplus == 0)
        #expect(money(earned: 100, refundDue: 40, Make.attempt(.charge, 100)).overpaid == 40)
        // Both: only the cancelled part, whether the return was settled or not.
        #expect(money(notOwed: 40, earned: 60, refundDue: 60, Make.attempt(.charge, 100)).surplus == 40)
        #expect(
            money(
                notOwed: 40, earned: 60, refundDue: 60, Make.attempt(.charge, 100),
                Make.attempt(.refund, 60, purpose: .asked)
            ).surplus == 40)
        // On its way back already, or given back by somebody who was asked.
        #expect(
            money(notOwed: 40, Make.attempt(.charge, 100), Make.attempt(.refund, 40, .unknown, purpose: .surplus))
                .surplus
                == 0)
        #expect(money(notOwed: 40, Make.attempt(.charge, 100), Make.attempt(.refund, 40, purpose: .asked)).surplus == 0)
        // Held only: nothing was taken that could be given back.
        #expect(money(notOwed: 40, Make.attempt(.authorize, 100)).surplus == 0)
    }

    @Test("What was taken for goods that came back is due while others still wait, covered by what is held for them")
    func dueBack() {
        let partly = money(
            earned: 50, refundDue: 25, Make.attempt(.authorize, 100), Make.attempt(.capture, 50))
        #expect(partly.overpaid == 25)
        #expect(partly.surplus == 0)
        #expect(partly.captureDue == 0)
        let settled = money(
            earned: 50, refundDue: 25, Make.attempt(.authorize, 100), Make.attempt(.capture, 50),
            Make.attempt(.refund, 25, .unknown, purpose: .asked))
        #expect(settled.overpaid == 0)
        // A fee is kept of it, goodwill was given beyond it.
        #expect(
            money(earned: 50, refundDue: 25, adjusted: 5, Make.attempt(.authorize, 100), Make.attempt(.capture, 50))
                .overpaid == 20)
        #expect(
            money(
                earned: 50, refundDue: 25, adjusted: -10, Make.attempt(.authorize, 100), Make.attempt(.capture, 50),
                Make.attempt(.refund, 10, purpose: .asked)
            ).overpaid == 25)
        // Not held for: what was taken covers what still waits.
        #expect(
            money(earned: 50, refundDue: 25, Make.attempt(.authorize, 50), Make.attempt(.capture, 50)).overpaid == 0)
    }

    @Test("The standing follows from the sums, also where nothing is owed")
    func standing() {
        #expect(OrderMoney(total: 100).standing == .untracked)
        #expect(money().standing == .due)
        #expect(money(Make.attempt(.authorize, 100, .unknown)).standing == .due)
        #expect(money(Make.attempt(.authorize, 60)).standing == .partlyCovered)
        #expect(money(Make.attempt(.authorize, 100)).standing == .covered)
        #expect(money(Make.attempt(.charge, 100)).standing == .paid)
        #expect(money(notOwed: 1, Make.attempt(.charge, 100)).standing == .refundDue)
        #expect(money(total: 0).standing == .paid)
        #expect(money(notOwed: 100, Make.attempt(.authorize, 100)).standing == .paid)
    }

    @Test("What is not covered counts what may turn out to be held")
    func uncovered() {
        #expect(money().uncovered == 100)
        #expect(money(Make.attempt(.authorize, 60, .unknown)).uncovered == 40)
        #expect(money(Make.attempt(.authorize, 60), Make.attempt(.void, 60, .unknown)).uncovered == 100)
        #expect(money(Make.attempt(.authorize, 100), Make.attempt(.capture, 50)).uncovered == 0)
        #expect(money(adjusted: 5, Make.attempt(.charge, 100)).uncovered == 5)
        #expect(money(total: 0).uncovered == 0)
    }

    @Test("Parts of any amount add up to it, for any tenders")
    func conservation() {
        var generator = SplitMix64(state: 7)
        for _ in 0..<2_000 {
            let tenders = (1...Int16.random(in: 1...5, using: &generator)).map { number in
                let taken = Int64.random(in: 0...1_000, using: &generator)
                return Make.tender(
                    number, charge: .random(in: 0...2, using: &generator),
                    refund: .random(in: 0...2, using: &generator),
                    Make.attempt(.authorize, 1_000), Make.attempt(.capture, taken))
            }
            let amount = Int64.random(in: 0...6_000, using: &generator)
            for parts in [TenderChoice.charging(amount, to: tenders), TenderChoice.refunding(amount, to: tenders)] {
                #expect(parts.parts.reduce(0) { $0 + $1.amount } + parts.rest == amount)
                #expect(parts.parts.allSatisfy { $0.amount > 0 })
                #expect(Set(parts.parts.map(\.tender)).count == parts.parts.count)
            }
        }
    }

    @Test("Numbers of documents are read by people, series are years in UTC")
    func numbers() {
        #expect(
            DocumentNumber(entity: "MAIN", kind: .invoice, series: 2026, number: 42).description
                == "MAIN-INV-2026-000042")
        #expect(
            DocumentNumber(entity: "EU", kind: .creditMemo, series: 2027, number: 1_234_567).description
                == "EU-CRN-2027-1234567")
        #expect(DocumentNumber.series(of: Instant(microseconds: 1_798_761_599_999_999)) == 2026)
        #expect(DocumentNumber.series(of: Instant(microseconds: 1_798_761_600_000_000)) == 2027)
        #expect(DocumentNumber.series(of: Instant(microseconds: -1)) == 1969)
    }
}
