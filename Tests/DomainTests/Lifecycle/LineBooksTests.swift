import Domain
import Testing

@Suite("Books of a line")
struct LineBooksTests {
    private func books(ordered: Int64, amount: Int64, tax: Int64 = 0) throws -> LineBooks {
        var units = LineQuantities()
        _ = try units.add(.allocate, ordered)
        return LineBooks(amountMinor: amount, addedTaxMinor: tax, units: units, money: LineMoney())
    }

    @Test("Shipped and cancelled parts of a line add up to its amount, whatever their order")
    func parts() throws {
        var books = try books(ordered: 3, amount: 1_000, tax: 100)
        let cancelled = try books.move(.cancel, 1, from: .allocated)
        #expect(cancelled.amountMinor == 333)
        #expect(cancelled.valueMinor == 367)
        #expect(books.notOwedMinor == 367)
        _ = try books.move(.release, 2, from: .allocated)
        _ = try books.move(.pick, 2, from: .released)
        _ = try books.move(.pack, 2, from: .picked)
        let first = try books.move(.ship, 1, from: .packed)
        let second = try books.move(.ship, 1, from: .packed)
        #expect(first.valueMinor + second.valueMinor + cancelled.valueMinor == 1_100)
        #expect(books.money == LineMoney(earned: 733, earnedUnits: 2))
        #expect(books.notOwedMinor == 367)
    }

    @Test("What comes back is worth what was earned with it; the last unit takes the residue")
    func back() throws {
        var books = try books(ordered: 3, amount: 1_000)
        for (event, status) in [
            (LineEvent.release, LineStatus.allocated), (.pick, .released), (.pack, .picked), (.ship, .packed),
        ] {
            _ = try books.move(event, 3, from: status)
        }
        _ = try books.move(.deliver, 2, from: .shipped)
        let lost = try books.move(.lose, 1, from: .shipped)
        let returned = try books.move(.takeBack, 1, from: .delivered)
        let last = try books.move(.takeBack, 1, from: .delivered)
        #expect(lost.valueMinor + returned.valueMinor + last.valueMinor == 1_000)
        #expect(books.money == LineMoney(earned: 1_000, earnedUnits: 3, refundDue: 1_000, refundUnits: 3))
        #expect(books.owedMinor == 0)
    }

    @Test("Units that nothing was earned with are refused, and nothing moves")
    func unearned() throws {
        let units = try #require(LineQuantities(ordered: 2, [.delivered: 2]))
        var books = LineBooks(amountMinor: 10, addedTaxMinor: 0, units: units, money: LineMoney())
        let before = books
        #expect(throws: LineMoveRefusal.tooMany(.takeBack, 1, there: 0, in: [.delivered])) {
            try books.move(.takeBack, 1, from: .delivered)
        }
        #expect(books == before)
    }

    /// For each seed as many lines as it takes for 25,000 moves; one event in ten is any event, the others are known where they are tried.
    @Test("100,000 random events keep units and money of a line", arguments: [UInt64(1), 2, 3, 4])
    func random(seed: UInt64) throws {
        var generator = SplitMix64(state: seed)
        var done = 0
        while done < 25_000 {
            let ordered = Int64.random(in: 1...50, using: &generator)
            var books = try books(
                ordered: ordered, amount: Int64.random(in: 0...100_000, using: &generator),
                tax: Int64.random(in: 0...20_000, using: &generator))
            var (cancelled, earned, due): (Int64, Int64, Int64) = (0, 0, 0)
            for _ in 0..<40 {
                let isAny = Int.random(in: 0..<10, using: &generator) == 0
                let statuses = isAny ? LineStatus.allCases : books.units.present.statuses
                let status = statuses.randomElement(using: &generator) ?? .allocated
                let events = isAny ? LineEvent.allCases : Lifecycle.line.allowed(in: status)
                guard let event = events.randomElement(using: &generator) else { continue }
                let quantity = Int64.random(in: 0...max(1, isAny ? ordered : books.units[status]), using: &generator)
                let before = books
                do {
                    let booked = try books.move(event, quantity, from: status)
                    done += 1
                    let effects = booked.transition.effect.money
                    if effects.contains(.notOwed) { cancelled += booked.valueMinor }
                    if effects.contains(.earned) { earned += booked.valueMinor }
                    if effects.contains(.refundDue) { due += booked.valueMinor }
                    #expect(booked.valueMinor >= 0 && booked.amountMinor >= 0)
                } catch {
                    #expect(books == before)
                }
                #expect(LineStatus.allCases.reduce(0) { $0 + books.units[$1] } == ordered)
                #expect(books.notOwedMinor == cancelled)
                #expect(books.money.earned == earned && books.money.refundDue == due)
                #expect(0 <= due && due <= earned && cancelled + earned <= books.valueMinor)
                let waiting = LineStatusSet.waiting.statuses.reduce(0) { $0 + books.units[$1] }
                if waiting == 0 { #expect(cancelled + earned == books.valueMinor) }
                if books.money.refundUnits == books.money.earnedUnits { #expect(due == earned) }
            }
        }
    }
}
