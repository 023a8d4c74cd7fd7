import Domain
import Testing

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
}
