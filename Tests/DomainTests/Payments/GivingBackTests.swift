import Testing

@testable import Domain

/// All the ways in which an order gives back what it took, against one limit.
@Suite("What an order gives back, in all ways together")
struct GivingBackTests {
    private typealias Make = PaymentBookTests

    /// An order of ten units at 1.00 that are paid in cash and delivered.
    private func sold() throws -> PaymentBook {
        var book = try Make.book(earned: 1_000)
        _ = try book.add(Make.draft(.cash), amount: nil, by: Make.till)
        _ = try book.approve(1, charging: true, id: Make.id(10), cause: Make.id(10), by: Make.till)
        return book
    }

    private func payBack(
        _ book: inout PaymentBook, _ amount: Int64, _ way: ReturnSettlement, _ id: UInt64
    ) throws -> Int64 {
        try book.payBack(
            amount, by: way, reference: "4711", cause: Make.id(id), reason: "", to: { Make.id(77) })
    }

    private func given(_ book: PaymentBook) -> Int64 { book.money.sums.refunded.all + book.money.givenOtherwise }

    @Test(
        "Goodwill above what stays owed is set off against what is due back, in whichever ways that is given",
        arguments: [ReturnSettlement.original, .storeCredit, .outside])
    func goodwill(way: ReturnSettlement) throws {
        var book = try sold()
        _ = try book.refund(600, goodwill: true, id: Make.id(20), by: Make.finance)
        book.money.refundDue = 1_000
        #expect(book.money.overpaid == 400)
        #expect(try payBack(&book, 300, way, 21) == 300)
        #expect(book.money.overpaid == 100)
        #expect(try payBack(&book, 700, .original, 22) == 100)
        #expect(book.money.overpaid == 0)
        #expect(book.money.standing == .paid)
        #expect(given(book) == 1_000)
        // Nothing is left for anybody.
        #expect(try payBack(&book, 1, way, 23) == 0)
        #expect(throws: Refusal.self) { try book.refund(1, goodwill: true, id: Make.id(24), by: Make.finance) }
        #expect(throws: Refusal.self) { try book.credit(1, cause: Make.id(25), reason: "") { Make.id(77) } }
    }

    @Test("What was given otherwise is no longer there to be given as goodwill")
    func otherwise() throws {
        for way in [ReturnSettlement.storeCredit, .outside] {
            var book = try sold()
            book.money.refundDue = 700
            #expect(try payBack(&book, 700, way, 20) == 700)
            #expect(book.money.owed == 1_000)
            #expect(book.money.refundable == 300)
            #expect(throws: Refusal.self) { try book.refund(301, goodwill: true, id: Make.id(21), by: Make.finance) }
            _ = try book.refund(300, goodwill: true, id: Make.id(22), by: Make.finance)
            #expect(given(book) == 1_000)
        }
    }

    @Test("What is given otherwise is told with a document's words")
    func documented() throws {
        var book = try sold()
        book.money.refundDue = 300
        _ = try payBack(&book, 100, .storeCredit, 20)
        _ = try payBack(&book, 50, .outside, 21)
        try book.giveOtherwise(.init(kind: .exchange, label: "E", amount: 150))
        #expect(book.givenOtherwise.map(\.kind) == [.storeCredit, nil, .exchange])
        #expect(book.givenOtherwise.map(\.label) == ["", "4711", "E"])
        #expect(throws: Refusal.self) {
            try book.giveOtherwise(.init(outside: "4712", amount: 1))
        }
    }

    @Test("Nothing is settled while it is not known what was taken, nor an abandoned refund done beside a credit")
    func unknown() throws {
        var book = try Make.held(earned: 1_000)
        let capture = try #require(try book.settle(Make.id(30)).first)
        book.money.refundDue = 1_000
        for way in [ReturnSettlement.original, .storeCredit, .outside] {
            var asked = book
            #expect(throws: Refusal.self) { try payBack(&asked, 1_000, way, 31) }
        }
        _ = try book.record(.approved(reference: "gw-2"), of: capture.id)
        #expect(try payBack(&book, 1_000, .original, 32) == 1_000)
        _ = try book.record(.unknown(reason: "no answer"), of: Make.id(32))
        _ = try book.resolve(.abandoned(reason: "asked"), of: Make.id(32), by: Make.finance)
        #expect(try payBack(&book, 1_000, .storeCredit, 33) == 1_000)
        #expect(throws: Refusal.self) { try book.record(.approved(reference: "gw-3"), of: Make.id(32)) }
    }

    // MARK: - Random sequences

    /// An order to which anything happens, with what its goods are known to have given back.
    private struct Walk {
        var book: PaymentBook
        var random: SplitMix64
        var next: UInt64 = 1_000
        let price: Int64
        var (waiting, gone, back, lost): (Int64, Int64, Int64, Int64)
        /// What was given ahead for units that are still to come back.
        var ahead: [Int64] = []
        /// What credits booked to the customer's account.
        var credited: Int64 = 0

        init(seed: UInt64) throws {
            random = SplitMix64(state: seed)
            price = .random(in: 1...500, using: &random)
            let units = Int64.random(in: 1...8, using: &random)
            (waiting, gone, back, lost) = (units, 0, 0, 0)
            book = try Make.book(total: units * price)
        }

        mutating func id() -> EntityID {
            next += 1
            return Make.id(next)
        }

        mutating func pick<T>(_ all: [T]) -> T { all[Int.random(in: 0..<all.count, using: &random)] }

        mutating func some(of bound: Int64) -> Int64 { bound < 1 ? 1 : .random(in: 1...bound, using: &random) }

        /// Does one thing; a refusal leaves everything as it was.
        mutating func step() {
            var tried = self
            do {
                try tried.act()
                self = tried
            } catch {
                // What chance chose was used up all the same.
                (random, next) = (tried.random, tried.next)
            }
        }

        private mutating func act() throws {
            let before = book.money
            var (due, wanted): (Int64?, Int64) = (nil, 0)
            switch Int.random(in: 0..<14, using: &random) {
            case 0, 1: try pay()
            case 2, 3: try answer()
            case 4:
                guard waiting > 0 else { return }
                (waiting, gone) = (waiting - 1, gone + 1)
                book.money.earned += price
            case 5:
                guard waiting > 0 else { return }
                (waiting, lost) = (waiting - 1, lost + 1)
                book.money.notOwed += price
            case 6, 7:
                guard gone > 0 else { return }
                (gone, back) = (gone - 1, back + 1)
                book.money.refundDue += price - Int64.random(in: 0...min(price, 20), using: &random)
                if let ahead = ahead.popLast() { book.adjust(min(ahead, price)) }
            case 8: _ = try book.settle(id())
            case 9:
                wanted = some(of: before.refundable + 1)
                // A surplus is given back beside what is due for returns, not in its place.
                if before.surplus == 0 { due = before.overpaid }
                _ = try book.refund(wanted, goodwill: Bool.random(using: &random), id: id(), by: Make.finance)
            case 10, 11:
                let way = pick([ReturnSettlement.original, .storeCredit, .outside])
                (due, wanted) = (before.overpaid, some(of: price * 3))
                let cause = id()
                let given = try book.payBack(
                    wanted, by: way, reference: "", cause: cause, reason: "", to: { Make.id(77) })
                if way == .storeCredit { credited += given }
                guard !before.tenders.isEmpty else { return }
                #expect(given == min(wanted, before.overpaid))
            case 12:
                guard gone > Int64(ahead.count) else { return }
                let way = pick([ReturnSettlement.original, .storeCredit, .outside])
                let given = try book.giveAhead(
                    some(of: price), by: way, reference: "", cause: id(), reason: "", to: { Make.id(77) })
                if way == .storeCredit { credited += given }
                ahead.append(given)
            default:
                (due, wanted) = (before.overpaid, some(of: before.overpaid))
                try book.giveOtherwise(.init(kind: .exchange, label: "", amount: wanted))
            }
            if let due, !before.tenders.isEmpty { #expect(book.money.overpaid == max(0, due - wanted)) }
        }

        private mutating func pay() throws {
            let kind = pick([TenderKind.cash, .cardGateway, .terminal, .giftCard])
            let draft = Make.draft(kind, next + 1_000_000, account: kind == .giftCard ? Make.id(78) : nil)
            let tender = try book.add(draft, amount: some(of: book.money.uncovered), by: Make.till)
            _ = try book.approve(
                tender.number, charging: Bool.random(using: &random), id: id(), cause: id(), by: Make.till)
        }

        private mutating func answer() throws {
            let open = book.attempts.filter { $0.isOpen || $0.state == .abandoned }
            guard !open.isEmpty else { return }
            let attempt = pick(open)
            let outcome = pick([
                PaymentOutcome.approved(reference: "gw"), .approved(reference: "gw"), .declined(reason: "no"),
                .unknown(reason: "no answer"),
            ])
            if attempt.state == .unknown, Int.random(in: 0..<4, using: &random) == 0 {
                _ = try book.resolve(.abandoned(reason: "asked"), of: attempt.id, by: Make.finance)
            } else {
                _ = try book.record(outcome, of: attempt.id)
            }
        }

        func check() {
            let money = book.money
            let sums = money.sums
            #expect(sums.refunded.all + money.givenOtherwise <= sums.taken)
            #expect(money.overpaid >= 0 && money.surplus >= 0)
            #expect(money.overpaid <= sums.taken - sums.refunded.all - money.givenOtherwise)
            #expect(money.refundable == sums.taken - sums.refunded.all - money.givenOtherwise)
            #expect(money.owed >= money.givenOtherwise)
            for tender in money.tenders {
                #expect(tender.sums.refunded.all <= tender.sums.taken && tender.sums.taken <= tender.amount)
            }
            let booked = book.changes.reduce(Int64(0)) { sum, change in
                guard case .booked(let booking) = change, booking.account == Make.id(77) else { return sum }
                return sum + booking.amount
            }
            #expect(booked == credited)
        }
    }

    @Test("Whatever happens: given back in all ways is never more than was taken, due back never below 0")
    func random() throws {
        for seed in 0..<1_500 {
            var walk = try Walk(seed: UInt64(seed))
            for _ in 0..<60 {
                walk.step()
                walk.check()
            }
            // In the end everything is told, comes back, and is given: nothing stays due, and no more was given than taken.
            for attempt in walk.book.attempts where attempt.isOpen {
                _ = try? walk.book.record(.approved(reference: "gw"), of: attempt.id)
            }
            walk.book.money.notOwed += walk.waiting * walk.price
            walk.book.money.refundDue = max(walk.book.money.refundDue, walk.book.money.earned)
            let rest = walk.book.money.overpaid
            guard walk.book.isKept, walk.book.money.sums.captured.open + walk.book.money.sums.charged.open == 0 else {
                continue
            }
            #expect(try payBack(&walk.book, rest + 1, .storeCredit, 999_999) == rest)
            #expect(walk.book.money.overpaid == 0)
            walk.credited += rest
            walk.check()
        }
    }
}
