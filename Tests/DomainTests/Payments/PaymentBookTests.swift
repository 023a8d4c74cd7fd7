import Testing

@testable import Domain

/// What is decided about payments, without a database.
@Suite("The decisions about the payments of an order")
struct PaymentBookTests {
    static let order = EntityID(high: 9, low: 9)
    static let now = Instant(microseconds: 1_000_000_000)
    static let finance: Set<LifecycleActor> = [.role(.finance)]
    static let till: Set<LifecycleActor> = [.role(.pos)]

    static func id(_ number: UInt64) -> EntityID { EntityID(high: 7, low: number) }

    static func book(total: Int64 = 1_000, earned: Int64 = 0, refundDue: Int64 = 0) throws -> PaymentBook {
        PaymentBook(
            order: order, currency: try #require(Currency(code: "GBP")),
            money: OrderMoney(total: total, earned: earned, refundDue: refundDue), isKept: false, settlements: 0,
            now: now)
    }

    static func draft(_ kind: TenderKind, _ number: UInt64 = 1, account: EntityID? = nil) -> Tender {
        Tender(
            id: id(number), number: 0, kind: kind, amount: 0, gateway: kind.asksGateway ? "card" : "",
            token: kind.asksGateway ? "tok-1" : "", account: account)
    }

    /// A book with one card whose amount the gateway holds, as it is read later.
    static func held(_ amount: Int64 = 1_000, earned: Int64 = 0) throws -> PaymentBook {
        var book = try book(earned: earned)
        _ = try book.add(draft(.cardGateway), amount: amount, by: till)
        _ = try book.approve(1, charging: false, id: id(10), cause: id(10), by: till)
        _ = try book.record(.approved(reference: "gw-1"), of: id(10))
        _ = book.takeChanges()
        _ = book.takeFacts()
        return book
    }

    private func words(_ facts: [PaymentFact]) -> [String] { facts.map(\.kind.word) }

    @Test("An order has at most 100 tenders: one more is refused for good, with how many there are")
    func mostTenders() throws {
        var book = try Self.book()
        for number in 1...100 { _ = try book.add(Self.draft(.cash, UInt64(number)), amount: 1, by: Self.till) }
        #expect(
            throws: Refusal.wrongState(
                .order, "\(Self.order)", state: "tenders=100", explanation: "an order has at most 100 tenders")
        ) {
            try book.add(Self.draft(.cash, 101), amount: 1, by: Self.till)
        }
    }

    @Test("A card's first tender: money is kept, the tender named, the attempt written down before anybody is asked")
    func authorizing() throws {
        var book = try Self.book()
        let tender = try book.add(Self.draft(.cardGateway), amount: nil, by: Self.till)
        #expect(tender.number == 1)
        #expect(tender.amount == 1_000)
        let attempt = try book.approve(1, charging: false, id: Self.id(10), cause: Self.id(10), by: Self.till)
        #expect(attempt.state == .prepared)
        #expect(
            book.takeChanges() == [
                .moneyKept(owed: 1_000, earned: 0), .tenderAdded(tender),
                .attemptMade(attempt, target: "", isFinal: false),
            ])
        #expect(try book.call(attempt).token == "tok-1")
        #expect(book.due == nil)
        #expect(book.money.uncovered == 0)
        #expect(book.money.sums.held == 0)

        let approved = try book.record(.approved(reference: "gw-1"), of: attempt.id)
        #expect(book.takeChanges() == [.attemptAnswered(approved), .tenderMoved(1, to: .authorized)])
        #expect(words(book.takeFacts()) == ["payment_added", "payment_authorized"])
        #expect(book.due == .after(milliseconds: 0))
        #expect(book.money.sums.held == 1_000)
        // A second answer says nothing new, whatever it is.
        #expect(try book.record(.declined(reason: "no"), of: attempt.id) == approved)
        #expect(book.takeChanges().isEmpty)
    }

    @Test("Stored value acts at once, and is booked to its account: what is taken goes out, what is refunded comes in")
    func storedValue() throws {
        let account = Self.id(77)
        var book = try Self.book(earned: 1_000)
        _ = try book.add(Self.draft(.giftCard, account: account), amount: nil, by: Self.till)
        let charge = try book.approve(1, charging: true, id: Self.id(10), cause: Self.id(10), by: Self.till)
        #expect(charge.state == .approved)
        let refunds = try book.refund(300, goodwill: true, id: Self.id(11), by: [.role(.support)])
        #expect(refunds.map(\.state) == [.approved])
        let booked = book.takeChanges().compactMap { change -> StoredValueBooking? in
            if case .booked(let booking) = change { booking } else { nil }
        }
        #expect(booked.map(\.amount) == [-1_000, 300])
        #expect(booked.allSatisfy { $0.account == account && $0.order == Self.order })
        #expect(booked.map(\.cause) == [Self.id(10), Self.id(11)])
        #expect(book.refunded.map(\.amount) == [300])
        #expect(book.money.adjusted == -300)
    }

    @Test("No more tenders than what is owed, counting what may turn out to be held")
    func covered() throws {
        var book = try Self.book()
        _ = try book.add(Self.draft(.cardGateway), amount: 600, by: Self.till)
        _ = try book.approve(1, charging: false, id: Self.id(10), cause: Self.id(10), by: Self.till)
        _ = try book.record(.unknown(reason: "no answer"), of: Self.id(10))
        #expect(throws: Refusal.self) { try book.add(Self.draft(.cash, 2), amount: 401, by: Self.till) }
        _ = try book.add(Self.draft(.cash, 2), amount: 400, by: Self.till)
        _ = try book.approve(2, charging: true, id: Self.id(11), cause: Self.id(11), by: Self.till)
        #expect(throws: Refusal.self) { try book.add(Self.draft(.cash, 3), amount: 1, by: Self.till) }
        #expect(throws: Refusal.self) { try book.add(Self.draft(.cash, 3), amount: nil, by: [.role(.warehouse)]) }
        #expect(throws: Refusal.self) {
            try book.void(1, id: Self.id(12), cause: Self.id(12), by: Self.finance)
        }
    }

    @Test("A capture takes what is held and owed, never more, however many are under way")
    func capturing() throws {
        var book = try Self.held()
        let part = try book.capture(1, amount: 600, id: Self.id(20), cause: Self.id(20), by: Self.finance)
        #expect(try book.call(part).target == "gw-1")
        #expect(throws: Refusal.self) {
            try book.capture(1, amount: 401, id: Self.id(21), cause: Self.id(21), by: Self.finance)
        }
        // The same id is the same attempt, and there is one already.
        #expect(throws: Refusal.self) {
            try book.capture(1, amount: 1, id: Self.id(20), cause: Self.id(20), by: Self.finance)
        }
        #expect(throws: Refusal.self) {
            try book.capture(1, amount: 1, id: Self.id(22), cause: Self.id(22), by: Self.till)
        }
        _ = try book.record(.approved(reference: "gw-2"), of: part.id)
        #expect(try book.tender(1).state == .partlyCaptured)
        let rest = try book.capture(
            1, amount: nil, isFinal: true, id: Self.id(23), cause: Self.id(23), by: Self.finance)
        #expect(rest.amount == 400)
        #expect(try book.call(rest).isFinal)
        _ = try book.record(.approved(reference: "gw-3"), of: rest.id)
        #expect(try book.tender(1).state == .captured)
        #expect(book.money.sums.held == 0)
    }

    @Test("What follows by itself is asked for once: what is on its way counts")
    func settling() throws {
        var book = try Self.held(earned: 400)
        let made = try book.settle(Self.id(30))
        #expect(made.map(\.action) == [.capture])
        #expect(made.map(\.amount) == [400])
        #expect(made.map(\.letsGo) == [0])
        #expect(book.due == .whenChanged)
        #expect(try book.settle(Self.id(31)).isEmpty)
        // Declined: asked for again, after a pause that grows with each.
        for (index, pause) in [60_000, 120_000, 240_000].enumerated() {
            let open = try #require(book.attempts.last)
            _ = try book.record(.declined(reason: "later"), of: open.id)
            #expect(book.due == .after(milliseconds: Int64(pause)))
            #expect(try book.settle(Self.id(40 + UInt64(index))).map(\.amount) == [400])
        }
        #expect(book.money.sums.held == 1_000)
        #expect(book.money.sums.taken == 0)
    }

    @Test("The last part lets the rest of a hold go; a cancelled order lets all of it go")
    func lettingGo() throws {
        var book = try Self.held(earned: 1_000)
        #expect(try book.settle(Self.id(30)).map(\.letsGo) == [0])
        book = try Self.held()
        var money = book.money
        money.notOwed = 1_000
        money.tenders[0].sums = TenderSums()
        let attempts = book.attempts
        book = PaymentBook(
            order: Self.order, currency: book.currency, money: money, isKept: true, settlements: 0, now: Self.now)
        for attempt in attempts { book.remember(attempt, target: "", isFinal: false) }
        let made = try book.settle(Self.id(31))
        #expect(made.map(\.action) == [.void])
        #expect(made.map(\.amount) == [1_000])
        _ = try book.record(.approved(reference: "gw-2"), of: try #require(made.first).id)
        #expect(try book.tender(1).state == .voided)
    }

    /// A book whose hold has lapsed before any of it was taken, with the settlement that noted it.
    private func lapsed(earned: Int64) throws -> PaymentBook {
        var book = try Self.book(earned: earned)
        _ = try book.add(Self.draft(.cardGateway), amount: nil, by: Self.till)
        _ = try book.approve(1, charging: false, id: Self.id(10), cause: Self.id(10), by: Self.till)
        _ = try book.record(.approved(reference: "gw-1", expiresAt: Self.now), of: Self.id(10))
        return book
    }

    @Test("A hold whose time is over is held no longer; the card is left alone until something is to be taken")
    func expiring() throws {
        var book = try lapsed(earned: 0)
        #expect(book.nextExpiry == Self.now)
        #expect(try book.settle(Self.id(30)).isEmpty)
        #expect(try book.tender(1).state == .expired)
        #expect(book.money.sums.held == 0)
        #expect(book.money.uncovered == 1_000)
        #expect(book.nextExpiry == nil)
        #expect(words(book.takeFacts()).last == "payment_expired")
        #expect(try book.settle(Self.id(31)).isEmpty)
        #expect(!book.lacksRenewal)
        #expect(throws: Refusal.self) {
            try book.capture(1, amount: 1, id: Self.id(32), cause: Self.id(32), by: Self.finance)
        }
    }

    @Test("What is earned and has lapsed is held anew, once; a card that is declined is not asked again")
    func renewing() throws {
        var book = try lapsed(earned: 400)
        let made = try book.settle(Self.id(30))
        #expect(made.map(\.action) == [.authorize])
        #expect(made.map(\.amount) == [1_000])
        #expect(try book.tender(2).renews == 1)
        #expect(try book.call(try #require(made.first)).token == "tok-1")
        #expect(try book.settle(Self.id(31)).isEmpty)
        var declined = book
        _ = try declined.record(.declined(reason: "no"), of: try #require(made.first).id)
        #expect(declined.lacksRenewal)
        #expect(try declined.settle(Self.id(32)).isEmpty)
        #expect(declined.money.tenders.count == 2)
        _ = try book.record(.approved(reference: "gw-2"), of: try #require(made.first).id)
        let taken = try book.settle(Self.id(33))
        #expect(taken.map(\.amount) == [400])
        #expect(try book.call(try #require(taken.first)).target == "gw-2")
        #expect(!book.lacksRenewal)
    }

    @Test("A hold is good for as long as the gateway says, else for the time that is set, else without end")
    func validity() throws {
        for (told, set, expiry) in [
            (5, 7, 5), (nil, 7, 1_000_000_007), (5, nil, 5), (nil, nil, nil),
        ] as [(Int64?, Int64?, Int64?)] {
            var book = try Self.book()
            book.holdValidity = set
            _ = try book.add(Self.draft(.cardGateway), amount: nil, by: Self.till)
            _ = try book.approve(1, charging: false, id: Self.id(10), cause: Self.id(10), by: Self.till)
            let told = told.map { Instant(microseconds: $0) }
            _ = try book.record(.approved(reference: "gw-1", expiresAt: told), of: Self.id(10))
            #expect(book.holdExpiry(of: try book.tender(1))?.microseconds == expiry)
        }
    }

    @Test("Somebody's word ends an attempt that is unknown, and no other; the gateway's word counts more")
    func resolving() throws {
        var book = try Self.held(earned: 1_000)
        let capture = try #require(try book.settle(Self.id(30)).first)
        #expect(throws: Refusal.self) {
            try book.resolve(.abandoned(reason: "asked"), of: capture.id, by: Self.finance)
        }
        _ = try book.record(.unknown(reason: "no answer"), of: capture.id)
        #expect(throws: Refusal.self) {
            try book.resolve(.abandoned(reason: "asked"), of: capture.id, by: Self.till)
        }
        #expect(throws: Refusal.self) {
            try book.resolve(.abandoned(reason: "asked"), of: capture.id, by: .systemAlone)
        }
        _ = try book.resolve(.abandoned(reason: "asked"), of: capture.id, by: Self.finance)
        #expect(book.due == .after(milliseconds: 60_000))
        #expect(book.money.captureDue == 1_000)
        #expect(words(book.takeFacts()).last == "payment_abandoned")
        // A decline says what was said already.
        #expect(try book.record(.declined(reason: "no"), of: capture.id).state == .abandoned)
        var both = book
        #expect(try book.record(.approved(reference: "gw-2"), of: capture.id).state == .approved)
        #expect(book.money.sums.taken == 1_000)
        // Taken under another key meanwhile: the two together are more than was held.
        let again = try #require(try both.settle(Self.id(31)).first)
        _ = try both.record(.approved(reference: "gw-3"), of: again.id)
        #expect(throws: Refusal.self) { try both.record(.approved(reference: "gw-2"), of: capture.id) }
    }

    @Test("Credit in place of a refund is no more than what is due back, and finds its account only then")
    func credit() throws {
        var book = try Self.book(earned: 1_000, refundDue: 250)
        _ = try book.add(Self.draft(.cash), amount: nil, by: Self.till)
        _ = try book.approve(1, charging: true, id: Self.id(10), cause: Self.id(10), by: Self.till)
        #expect(throws: Refusal.self) {
            try book.credit(book.money.overpaid + 1, cause: Self.id(11), reason: "") {
                Issue.record("no account is to be found")
                return Self.id(77)
            }
        }
    }

    /// A book with what another one has, read later.
    private func later(_ book: PaymentBook, days: Double) -> PaymentBook {
        var money = book.money
        for place in money.tenders.indices { money.tenders[place].sums = TenderSums() }
        var read = PaymentBook(
            order: book.order, currency: book.currency, money: money, isKept: true, settlements: 0,
            now: Instant(microseconds: book.now.microseconds + Int64(days * 86_400_000_000)))
        for attempt in book.attempts {
            read.remember(attempt, target: (try? book.call(attempt).target) ?? "", isFinal: false)
        }
        return read
    }

    @Test("A card that was let go, tried again in vain or replaced after its hold had lapsed is not asked again")
    func notRenewed() throws {
        var lapsed = try lapsed(earned: 0)
        _ = try lapsed.settle(Self.id(30))
        #expect(try lapsed.tender(1).state == .expired)

        var voided = lapsed
        #expect(try voided.void(1, id: Self.id(40), cause: Self.id(40), by: Self.finance) == nil)
        voided.money.earned = 1_000
        #expect(try voided.settle(Self.id(31)).isEmpty)

        var declined = lapsed
        _ = try declined.approve(1, charging: false, id: Self.id(40), cause: Self.id(40), by: Self.till)
        _ = try declined.record(.declined(reason: "no"), of: Self.id(40))
        declined.money.earned = 1_000
        #expect(try declined.settle(Self.id(31)).isEmpty)

        var abandoned = lapsed
        _ = try abandoned.approve(1, charging: false, id: Self.id(40), cause: Self.id(40), by: Self.till)
        abandoned.money.earned = 1_000
        #expect(try abandoned.settle(Self.id(31)).isEmpty)
        _ = try abandoned.record(.unknown(reason: "no answer"), of: Self.id(40))
        _ = try abandoned.resolve(.abandoned(reason: "asked"), of: Self.id(40), by: Self.finance)
        #expect(try abandoned.settle(Self.id(32)).isEmpty)

        // Tried again, taken and then more to pay: that is nobody's hold.
        var again = lapsed
        _ = try again.approve(1, charging: false, id: Self.id(40), cause: Self.id(40), by: Self.till)
        _ = try again.record(.approved(reference: "gw-2"), of: Self.id(40))
        again.money.earned = 1_000
        let capture = try #require(try again.settle(Self.id(31)).first)
        _ = try again.record(.approved(reference: "gw-3"), of: capture.id)
        #expect(try again.tender(1).state == .captured)
        again.adjust(500)
        #expect(try again.settle(Self.id(32)).isEmpty)
    }

    @Test(
        "What came after a hold had lapsed is taken off what is held anew, once",
        arguments: [(1_000, 0, 0), (1_000, 500, 0), (600, 0, 400), (600, 500, 400)] as [(Int64, Int64, Int64)])
    func replaced(cash: Int64, more: Int64, renewed: Int64) throws {
        var book = try lapsed(earned: 0)
        _ = try book.settle(Self.id(30))
        _ = try book.add(Self.draft(.cash, 2), amount: cash, by: Self.till)
        _ = try book.approve(2, charging: true, id: Self.id(40), cause: Self.id(40), by: Self.till)
        book.adjust(more)
        book.money.earned = 1_000
        let made = try book.settle(Self.id(31))
        #expect(made.map(\.amount) == (renewed > 0 ? [renewed] : []))
        #expect(made.allSatisfy { $0.action == .authorize })
    }

    @Test("Two lapsed holds are held anew less what came later, each in its turn")
    func replacedOfTwo() throws {
        var book = try Self.book()
        for number in [1, 2] as [UInt64] {
            _ = try book.add(Self.draft(.cardGateway, number), amount: 500, by: Self.till)
            _ = try book.approve(
                Int16(number), charging: false, id: Self.id(10 + number), cause: Self.id(10), by: Self.till)
            _ = try book.record(.approved(reference: "gw-\(number)", expiresAt: Self.now), of: Self.id(10 + number))
        }
        _ = try book.settle(Self.id(30))
        #expect(book.money.tenders.map(\.state) == [.expired, .expired])
        _ = try book.add(Self.draft(.cash, 3), amount: 300, by: Self.till)
        _ = try book.approve(3, charging: true, id: Self.id(40), cause: Self.id(40), by: Self.till)
        book.money.earned = 1_000
        #expect(try book.settle(Self.id(31)).map(\.amount) == [200, 500])
        #expect(book.money.tenders.suffix(2).map(\.renews) == [1, 2])
        #expect(book.money.uncovered == 0)
    }

    @Test("What was held anew and lapses again is held anew a day after it was asked for, and is due then")
    func daily() throws {
        var book = try lapsed(earned: 400)
        let first = try #require(try book.settle(Self.id(30)).first)
        _ = try book.record(.approved(reference: "gw-2", expiresAt: Self.now), of: first.id)
        for round in 0..<3 as Range<UInt64> {
            #expect(try book.settle(Self.id(31 + round)).isEmpty)
            #expect(book.due == .after(milliseconds: 86_400_000))
        }
        #expect(book.money.tenders.map(\.state) == [.expired, .expired])
        var half = later(book, days: 0.5)
        #expect(try half.settle(Self.id(40)).isEmpty)
        #expect(half.due == .after(milliseconds: 43_200_000))
        var day = later(book, days: 1)
        #expect(try day.settle(Self.id(41)).map(\.action) == [.authorize])
        #expect(day.money.tenders.map(\.renews) == [nil, 1, 2])
        #expect(day.due == .whenChanged)
        // Nothing is to be taken: nothing is waited for.
        book.money.earned = 0
        #expect(try book.settle(Self.id(42)).isEmpty)
        #expect(book.due == .whenChanged)
    }

    /// A book whose first attempt somebody said was not done, and which was.
    private func abandoned(charging: Bool = false) throws -> PaymentBook {
        var book = try Self.book(earned: charging ? 1_000 : 0)
        _ = try book.add(Self.draft(.cardGateway), amount: nil, by: Self.till)
        _ = try book.approve(1, charging: charging, id: Self.id(10), cause: Self.id(10), by: Self.till)
        _ = try book.record(.unknown(reason: "no answer"), of: Self.id(10))
        _ = try book.resolve(.abandoned(reason: "asked"), of: Self.id(10), by: Self.finance)
        return book
    }

    @Test("A hold that was there after all is kept where one is waited for, and let go by its own name elsewhere")
    func lateHold() throws {
        // The tender waits, or was declined: it is what was wanted.
        var pending = try abandoned()
        _ = try pending.record(.approved(reference: "gw-1"), of: Self.id(10))
        #expect(try pending.tender(1).state == .authorized)
        #expect(pending.money.sums.letGo.open == 0)
        var declined = try abandoned()
        _ = try declined.approve(1, charging: false, id: Self.id(11), cause: Self.id(11), by: Self.till)
        _ = try declined.record(.declined(reason: "no"), of: Self.id(11))
        _ = try declined.record(.approved(reference: "gw-1"), of: Self.id(10))
        #expect(try declined.tender(1).state == .authorized)
        #expect(declined.money.sums.letGo.open == 0)

        // Let go meanwhile.
        var voided = try abandoned()
        _ = try voided.void(1, id: Self.id(11), cause: Self.id(11), by: Self.finance)
        _ = try voided.record(.approved(reference: "gw-1"), of: Self.id(10))
        #expect(try voided.tender(1).state == .authorized)
        let void = try #require(voided.attempts.last)
        #expect(void.action == .void)
        #expect(try voided.call(void).target == "gw-1")
        #expect(try voided.settle(Self.id(30)).isEmpty)
        _ = try voided.record(.approved(reference: "gw-2"), of: void.id)
        #expect(try voided.tender(1).state == .voided)

        // Held, or taken, under another key meanwhile.
        for isTaken in [false, true] {
            var twice = try abandoned()
            _ = try twice.approve(1, charging: false, id: Self.id(11), cause: Self.id(11), by: Self.till)
            _ = try twice.record(.approved(reference: "gw-2"), of: Self.id(11))
            if isTaken {
                twice.money.earned = 1_000
                let capture = try #require(try twice.settle(Self.id(30)).first)
                _ = try twice.record(.approved(reference: "gw-3"), of: capture.id)
            }
            _ = try twice.record(.approved(reference: "gw-1"), of: Self.id(10))
            #expect(try twice.tender(1).state == (isTaken ? .partlyCaptured : .authorized))
            let void = try #require(twice.attempts.last)
            #expect(void.action == .void)
            #expect(void.amount == 1_000)
            #expect(try twice.call(void).target == "gw-1")
            _ = try twice.record(.approved(reference: "gw-4"), of: void.id)
            #expect(try twice.tender(1).state == (isTaken ? .captured : .authorized))
            #expect(twice.money.sums.held == (isTaken ? 0 : 1_000))
            guard !isTaken else { continue }
            twice.money.earned = 1_000
            let capture = try #require(try twice.settle(Self.id(31)).first)
            #expect(try twice.call(capture).target == "gw-2")
        }
    }

    @Test("A hold whose answer comes after a late one is let go in its place, and the late one is taken")
    func lateFirst() throws {
        var book = try abandoned()
        _ = try book.approve(1, charging: false, id: Self.id(11), cause: Self.id(11), by: Self.till)
        _ = try book.record(.approved(reference: "gw-1"), of: Self.id(10))
        _ = try book.record(.approved(reference: "gw-2"), of: Self.id(11))
        let void = try #require(book.attempts.last)
        #expect(try book.call(void).target == "gw-2")
        _ = try book.record(.approved(reference: "gw-3"), of: void.id)
        #expect(book.money.sums.held == 1_000)
        book.money.earned = 1_000
        let capture = try #require(try book.settle(Self.id(30)).first)
        #expect(try book.call(capture).target == "gw-1")
    }

    @Test("A charge that was done after all is recorded beside the one in its place, and the surplus given back")
    func lateCharge() throws {
        for event in ["declined", "voided", "captured"] {
            var book = try abandoned(charging: true)
            if event == "voided" {
                _ = try book.void(1, id: Self.id(11), cause: Self.id(11), by: Self.finance)
            } else {
                _ = try book.approve(1, charging: true, id: Self.id(11), cause: Self.id(11), by: Self.till)
                _ = try book.record(
                    event == "captured" ? .approved(reference: "gw-2") : .declined(reason: "no"), of: Self.id(11))
            }
            _ = try book.record(.approved(reference: "gw-1"), of: Self.id(10))
            #expect(try book.tender(1).state == .captured)
            let back = try book.settle(Self.id(30))
            guard event == "captured" else {
                #expect(back.isEmpty)
                #expect(book.money.sums.kept == 1_000)
                continue
            }
            #expect(back.map(\.action) == [.refund])
            #expect(back.map(\.amount) == [1_000])
            #expect(try book.call(try #require(back.first)).target == "gw-2")
            _ = try book.record(.approved(reference: "gw-3"), of: try #require(back.first).id)
            #expect(book.money.sums.kept == 1_000)
            #expect(try book.tender(1).state == .captured)
            let rest = try book.refund(1_000, goodwill: true, id: Self.id(31), by: Self.finance)
            #expect(try book.call(try #require(rest.first)).target == "gw-1")
        }
    }

    @Test("What the sums cannot hold, and what was all given back, is refused by the attempt's name")
    func lateRefused() throws {
        func refuses(_ book: PaymentBook, _ attempt: EntityID) throws {
            var book = book
            let refusal = #expect(throws: Refusal.self) {
                try book.record(.approved(reference: "gw-9"), of: attempt)
            }
            guard case .wrongState(.paymentAttempt, _, state: "abandoned", _) = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
        }
        // A capture of a hold that was let go.
        var released = try Self.held(earned: 1_000)
        let capture = try #require(try released.settle(Self.id(30)).first)
        _ = try released.record(.unknown(reason: "no answer"), of: capture.id)
        _ = try released.resolve(.abandoned(reason: "asked"), of: capture.id, by: Self.finance)
        let void = try #require(try released.void(1, id: Self.id(31), cause: Self.id(31), by: Self.finance))
        _ = try released.record(.approved(reference: "gw-2"), of: void.id)
        #expect(try released.tender(1).state == .voided)
        try refuses(released, capture.id)
        // A charge whose tender has given all back.
        var refunded = try abandoned(charging: true)
        _ = try refunded.approve(1, charging: true, id: Self.id(11), cause: Self.id(11), by: Self.till)
        _ = try refunded.record(.approved(reference: "gw-2"), of: Self.id(11))
        let back = try #require(try refunded.refund(1_000, goodwill: true, id: Self.id(12), by: Self.finance).first)
        _ = try refunded.record(.approved(reference: "gw-3"), of: back.id)
        #expect(try refunded.tender(1).state == .refunded)
        try refuses(refunded, Self.id(10))
    }
}
