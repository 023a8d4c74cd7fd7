import Domain
import Testing

@Suite("Which tender gives and gets how much")
struct TenderChoiceTests {
    static func attempt(
        _ action: PaymentAction, _ amount: Int64, _ state: PaymentAttemptState = .approved, letsGo: Int64 = 0,
        purpose: RefundPurpose? = nil
    ) -> PaymentAttempt {
        PaymentAttempt(
            id: EntityID(high: 1, low: 1), order: EntityID(high: 2, low: 2), tender: 1, action: action,
            purpose: purpose, amount: amount, letsGo: letsGo, state: state, cause: EntityID(high: 3, low: 3),
            madeAt: Instant(microseconds: 0))
    }

    static func tender(
        _ number: Int16, kind: TenderKind = .cardGateway, charge: Int32 = 0, refund: Int32 = 0,
        _ attempts: PaymentAttempt...
    ) -> Tender {
        Tender(
            id: EntityID(high: 0, low: UInt64(number)), number: number, kind: kind, amount: 100,
            chargeSequence: charge, refundSequence: refund, sums: TenderSums(attempts))
    }

    private func parts(_ parts: TenderParts) -> [[Int64]] { parts.parts.map { [Int64($0.tender), $0.amount] } }

    @Test("An amount is taken by charge sequence, then by number, up to what is held")
    func charging() {
        let tenders = [
            Self.tender(1, charge: 2, Self.attempt(.authorize, 50)),
            Self.tender(2, charge: 1, Self.attempt(.authorize, 30)),
            Self.tender(3, charge: 1, Self.attempt(.authorize, 20)),
        ]
        #expect(parts(TenderChoice.charging(60, to: tenders)) == [[2, 30], [3, 20], [1, 10]])
        #expect(TenderChoice.charging(60, to: tenders).rest == 0)
        #expect(TenderChoice.charging(101, to: tenders).rest == 1)
        #expect(TenderChoice.charging(0, to: tenders) == TenderChoice.charging(0, to: []))
    }

    @Test("An amount is given back by refund sequence, the last charged first, up to what was taken")
    func refunding() {
        let tenders = [
            Self.tender(1, Self.attempt(.charge, 40)), Self.tender(2, Self.attempt(.charge, 60)),
            Self.tender(3, refund: -1, Self.attempt(.charge, 10)),
        ]
        #expect(parts(TenderChoice.refunding(75, to: tenders)) == [[3, 10], [2, 60], [1, 5]])
        #expect(parts(TenderChoice.refunding(75, to: tenders, only: 1)) == [[1, 40]])
        #expect(TenderChoice.refunding(75, to: tenders, only: 1).rest == 35)
        #expect(TenderChoice.refunding(111, to: tenders).rest == 1)
        #expect(TenderChoice.refunding(5, to: tenders, only: 9).rest == 5)
    }

    @Test("What an exchange brought goes back last, whatever sequence the others have")
    func refundingExchange() {
        let tenders = [
            Self.tender(1, kind: .exchange, refund: -5, Self.attempt(.charge, 40)),
            Self.tender(2, refund: 7, Self.attempt(.charge, 60)), Self.tender(3, Self.attempt(.charge, 10)),
            Self.tender(4, kind: .exchange, refund: 9, Self.attempt(.charge, 5)),
        ]
        #expect(parts(TenderChoice.refunding(115, to: tenders)) == [[3, 10], [2, 60], [1, 40], [4, 5]])
        #expect(parts(TenderChoice.refunding(20, to: tenders)) == [[3, 10], [2, 10]])
    }

    @Test("What may have been done narrows what may be asked for", arguments: [PaymentAttemptState.prepared, .unknown])
    func open(state: PaymentAttemptState) {
        let taking = TenderSums([Self.attempt(.authorize, 100), Self.attempt(.capture, 70, state)])
        #expect(taking.held == 100)
        #expect(taking.capturable == 30)
        #expect(taking.taken == 0)
        let returning = TenderSums([Self.attempt(.charge, 100), Self.attempt(.refund, 60, state)])
        #expect(returning.refundable == 40)
        #expect(returning.kept == 100)
        let holding = TenderSums([Self.attempt(.authorize, 100, state)])
        #expect(holding.held == 0)
        #expect(holding.covering == 100)
        #expect(holding.hasOpen)
        let charging = TenderSums([Self.attempt(.charge, 100, state)])
        #expect(charging.taken == 0)
        #expect(charging.refundable == 0)
        #expect(charging.covering == 100)
    }

    @Test("What was declined or given up counts for nothing", arguments: [PaymentAttemptState.declined, .abandoned])
    func ended(state: PaymentAttemptState) {
        for action in PaymentAction.allCases {
            #expect(TenderSums([Self.attempt(action, 10, state, letsGo: 5)]) == TenderSums())
        }
    }

    @Test("The last capture lets go what it leaves")
    func lastCapture() {
        var tender = Self.tender(1, Self.attempt(.authorize, 100))
        tender.state = .authorized
        let last = Self.attempt(.capture, 80, letsGo: 20)
        var sums = tender.sums
        sums.add(last)
        #expect(sums.held == 0)
        #expect(tender.event(approving: last, sums: sums) == .captureRest)
        let part = Self.attempt(.capture, 80)
        sums = tender.sums
        sums.add(part)
        #expect(sums.held == 20)
        #expect(tender.event(approving: part, sums: sums) == .capturePart)
    }

    @Test("Which event of a pair it is follows from the amount")
    func events() {
        var tender = Self.tender(1, Self.attempt(.charge, 100))
        tender.state = .captured
        func event(_ attempt: PaymentAttempt) -> PaymentEvent {
            var sums = tender.sums
            sums.add(attempt)
            return tender.event(approving: attempt, sums: sums)
        }
        #expect(event(Self.attempt(.refund, 99)) == .refundPart)
        #expect(event(Self.attempt(.refund, 100)) == .refundRest)
        tender.state = .partlyCaptured
        #expect(event(Self.attempt(.refund, 100)) == .refundPart)
        tender.state = .pending
        #expect(event(Self.attempt(.authorize, 1)) == .authorize)
        #expect(event(Self.attempt(.charge, 1)) == .charge)
        tender.state = .authorized
        #expect(event(Self.attempt(.authorize, 1)) == .authorizeMore)
        #expect(event(Self.attempt(.void, 1)) == .void)
    }

    @Test("Only a tender whose whole hold is not needed is idle")
    func idle() {
        let tenders = [
            Self.tender(1, Self.attempt(.authorize, 50)), Self.tender(2, Self.attempt(.authorize, 50)),
            Self.tender(3, Self.attempt(.authorize, 50), Self.attempt(.capture, 10, .unknown)),
        ]
        #expect(TenderChoice.idle(tenders, needing: 51).map(\.number) == [])
        #expect(TenderChoice.idle(tenders, needing: 50).map(\.number) == [2])
        #expect(TenderChoice.idle(tenders, needing: 0).map(\.number) == [1, 2])
    }
}
