import Domain
import Testing

@Suite("What is refunded")
struct ReturnRefundTests {
    @Test("Parts of a line are worth what was earned with it, the last one takes the residue")
    func residue() {
        var units = ReturnableUnits(value: 1_000, units: 3)
        #expect((0..<3).map { _ in units.take(1) } == [333, 334, 333])
        #expect(units == ReturnableUnits(value: 0, units: 0))
        // 0 decimals: 1 yen for three units; 3 decimals: 0.010 dinars for three.
        var yen = ReturnableUnits(value: 1, units: 3)
        #expect((0..<3).map { _ in yen.take(1) } == [0, 0, 1])
        var fils = ReturnableUnits(value: 10, units: 3)
        #expect((0..<3).map { _ in fils.take(1) } == [3, 4, 3])
        var free = ReturnableUnits(value: 0, units: 2)
        #expect(free.take(2) == 0)
        #expect(free.take(0) == 0)
    }

    @Test("What is withheld is not due, and does not make later parts larger")
    func withheld() throws {
        let units = try #require(LineQuantities(ordered: 3, [.delivered: 3]))
        var books = LineBooks(
            amountMinor: 1_000, addedTaxMinor: 0, units: units, money: LineMoney(earned: 1_000, earnedUnits: 3))
        #expect(try books.move(.takeBack, 1, from: .delivered).valueMinor == 333)
        books.withhold(100)
        #expect(books.money.refundDue == 233)
        #expect(books.giveBack(1) == 334)
        #expect(books.giveBack(2) == nil)
        #expect(try books.move(.takeBack, 1, from: .delivered).valueMinor == 333)
        #expect(
            books.money
                == LineMoney(earned: 1_000, earnedUnits: 3, refundDue: 900, refundUnits: 3, withheld: 100))
        #expect(throws: LineMoveRefusal.tooMany(.takeBack, 1, there: 0, in: [.delivered])) {
            try books.move(.takeBack, 1, from: .delivered)
        }
    }

    /// What one sequence did, for the sums that are checked.
    private struct Outcome {
        var values: [Int64] = []
        var refunds: [Int64] = []
        var amount: Int64 = 0
    }

    private static let dispositions = Disposition.allCases

    @Test("100,000 random sequences: parts add up to what was earned, and never beyond it")
    func random() {
        var generator = SplitMix64(state: 20_261_126)
        for _ in 0..<100_000 {
            let ordered = Int64.random(in: 1...12, using: &generator)
            let amount = Int64.random(in: 0...2_000, using: &generator)
            let terms = ReturnTerms(
                feeBasisPoints: Bool.random(using: &generator) ? 0 : Int32.random(in: 0...10_000, using: &generator),
                shares: Bool.random(using: &generator)
                    ? [:] : [.scrap: Int32.random(in: 0...10_000, using: &generator), .keep: 5_000])
            var refund = ReturnRefund(
                fee: Bool.random(using: &generator) ? 0 : Int64.random(in: 0...600, using: &generator))
            var units = ReturnableUnits(value: 0, units: 0)
            var (sent, earned): (Int64, Int64) = (0, 0)
            var outcome = Outcome()
            // Units leave and come back in any order; what is earned grows as they leave.
            while units.units > 0 || sent < ordered {
                if sent < ordered && (units.units == 0 || Bool.random(using: &generator)) {
                    let more = Int64.random(in: 1...(ordered - sent), using: &generator)
                    let worth = Rounding.share(of: amount, from: sent, to: sent + more, count: ordered)
                    (sent, earned) = (sent + more, earned + worth)
                    units = ReturnableUnits(value: units.value + worth, units: units.units + more)
                } else {
                    let quantity = Int64.random(in: 1...units.units, using: &generator)
                    let value = units.take(quantity)
                    let disposition = Self.dispositions.randomElement(using: &generator) ?? .restock
                    let before = refund.gross
                    let given = refund.add(value: value, disposition: disposition, terms: terms)
                    let part = refund.gross - before
                    outcome.values.append(value)
                    outcome.refunds.append(part)
                    outcome.amount += given
                    if value < 0 || part < 0 || part > value || given < 0 || given > part || units.value < 0 {
                        Issue.record("a part of \(value), refunded \(part), given \(given), of \(units)")
                        return
                    }
                }
            }
            let sum = outcome.values.reduce(0, +)
            let refunded = outcome.refunds.reduce(0, +)
            if sum != amount || earned != amount || refunded > sum || outcome.amount != max(0, refunded - refund.fee)
                || (terms.feeBasisPoints == 0 && terms.shares.isEmpty && refunded != sum)
            {
                Issue.record(
                    "parts \(outcome.values) of \(amount), refunded \(outcome.refunds), in all \(outcome.amount)")
                return
            }
        }
    }

    @Test("The refund does not depend on the order or the sizes of its parts")
    func order() {
        var generator = SplitMix64(state: 7)
        for _ in 0..<20_000 {
            let lines = [
                ReturnTerms(feeBasisPoints: 1_250, shares: [.scrap: 3_333, .restockSecondGrade: 7_777]),
                ReturnTerms(shares: [.scrap: 5_000, .keep: 3_750]),
            ]
            var parts = (0..<Int.random(in: 1...6, using: &generator)).map { _ in
                (
                    Int64.random(in: 0...999, using: &generator),
                    Self.dispositions.randomElement(using: &generator) ?? .keep,
                    lines[Int.random(in: 0...1, using: &generator)]
                )
            }
            func refund() -> Int64 {
                var refund = ReturnRefund(fee: 150)
                for (value, disposition, terms) in parts {
                    _ = refund.add(value: value, disposition: disposition, terms: terms)
                }
                return refund.amount
            }
            let first = refund()
            parts.shuffle(using: &generator)
            if refund() != first {
                Issue.record("\(parts) gave \(first) in another order")
                return
            }
        }
    }

    @Test("A fixed fee is taken once, and never more than what is refunded")
    func fee() {
        var refund = ReturnRefund(fee: 295)
        let terms = ReturnTerms()
        #expect(refund.add(value: 200, disposition: .restock, terms: terms) == 0)
        #expect(refund.add(value: 200, disposition: .restock, terms: terms) == 105)
        #expect(refund.add(value: 1_000, disposition: .restock, terms: terms) == 1_000)
        #expect(refund.amount == 1_105)
        var worthless = ReturnRefund(fee: 295)
        #expect(worthless.add(value: 0, disposition: .restock, terms: terms) == 0)
    }

    /// What lines of one value get, one after the other, where a share of it is refunded.
    private static func parts(_ value: Int64, _ count: Int, _ terms: ReturnTerms, fee: Int64 = 0) -> [Int64] {
        var refund = ReturnRefund(fee: fee)
        return (0..<count).map { _ in refund.add(value: value, disposition: .scrap, terms: terms) }
    }

    @Test("The sum over the lines is rounded, not what each of them refunds")
    func sumIsRounded() {
        let half = ReturnTerms(shares: [.scrap: 5_000])
        // 10 lines of 1.37 are 6.85: not ten times 0.69.
        let ten = Self.parts(137, 10, half)
        #expect(ten == [69, 68, 69, 68, 69, 68, 69, 68, 69, 68])
        #expect(ten.reduce(0, +) == 685)
        // 0 decimals: half of a yen ten times; 3 decimals: a third of 0.001 dinars 1,000 times.
        #expect(Self.parts(1, 10, half) == [1, 0, 1, 0, 1, 0, 1, 0, 1, 0])
        #expect(Self.parts(1, 1_000, ReturnTerms(shares: [.scrap: 3_333])).reduce(0, +) == 333)
        // A fee in percent of lines too small for it is kept of them together.
        #expect(Self.parts(1, 10, ReturnTerms(feeBasisPoints: 1_000)).reduce(0, +) == 9)
        // The fixed fee comes off the first, also where it ends within one.
        let paid = Self.parts(137, 10, half, fee: 100)
        #expect(paid == [0, 37, 69, 68, 69, 68, 69, 68, 69, 68])
        #expect(paid.reduce(0, +) == 585)
    }

    @Test("1,000 lines on terms of their own refund what their exact sum is, rounded once")
    func manyLines() {
        var generator = SplitMix64(state: 1_000)
        for _ in 0..<50 {
            let fee = Int64.random(in: 0...5_000, using: &generator)
            var refund = ReturnRefund(fee: fee)
            var exact: Int128 = 0
            var sum: Int64 = 0
            for _ in 0..<1_000 {
                let value = Int64.random(in: 0...999, using: &generator)
                let share = Int32.random(in: 0...10_000, using: &generator)
                let percent = Int32.random(in: 0...10_000, using: &generator)
                let given = refund.add(
                    value: value, disposition: .scrap,
                    terms: ReturnTerms(feeBasisPoints: percent, shares: [.scrap: share]))
                if given < 0 || given > value {
                    Issue.record("\(given) of \(value)")
                    return
                }
                exact += Int128(value) * Int128(share) * Int128(10_000 - percent)
                sum += given
            }
            // Halves up: a half is 50,000,000 of what a minor unit is here.
            #expect(refund.gross == Int64((exact + 50_000_000) / 100_000_000))
            #expect(sum == max(0, refund.gross - fee))
            #expect(sum == refund.amount)
        }
    }

    @Test("A share of 0 refunds nothing, a fee of all of it neither")
    func nothing() {
        var refund = ReturnRefund(fee: 0)
        let scrapped = ReturnTerms(shares: [.scrap: 0])
        #expect(refund.add(value: 995, disposition: .scrap, terms: scrapped) == 0)
        #expect(refund.add(value: 995, disposition: .restock, terms: scrapped) == 995)
        #expect(
            refund.add(value: 995, disposition: .restock, terms: ReturnTerms(feeBasisPoints: 10_000)) == 0)
    }

    @Test("The largest amounts do not overflow")
    func large() {
        var units = ReturnableUnits(value: .max, units: 1_000_000_000)
        let first = units.take(999_999_999)
        var refund = ReturnRefund(fee: 0)
        #expect(refund.add(value: first, disposition: .restock, terms: ReturnTerms()) == first)
        #expect(first + units.take(1) == .max)
    }
}
