import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import ReplayDriver

@Suite("The account of an order")
struct OrderAccountTests {
    private static func money(_ minor: Int64) -> Holdfast_V1_Money {
        .with {
            $0.currencyCode = "GBP"
            $0.amountMinor = minor
        }
    }

    private static func order(_ lines: [(amount: Int64, units: [Holdfast_V1_LineStatus: Int64])]) -> Holdfast_V1_Order {
        .with { order in
            order.total = money(lines.reduce(0) { $0 + $1.amount })
            order.lines = lines.enumerated().map { index, line in
                .with {
                    $0.lineNumber = Int32(index + 1)
                    $0.quantity = line.units.values.reduce(0, +)
                    $0.amount = money(line.amount)
                    $0.quantities = line.units.map { status, quantity in
                        .with {
                            $0.status = status
                            $0.quantity = quantity
                        }
                    }
                }
            }
        }
    }

    private static func payments(
        taken: Int64, givenBack: Int64 = 0, earned: Int64, dueBack: Int64 = 0, uncovered: Int64 = 0, held: Int64 = 0
    ) -> Holdfast_V1_GetPaymentsResponse {
        .with {
            $0.tenders = [.with { $0.number = 1 }]
            $0.taken = money(taken)
            $0.givenBack = money(givenBack)
            $0.earned = money(earned)
            $0.dueBack = money(dueBack)
            $0.uncovered = money(uncovered)
            $0.held = money(held)
        }
    }

    @Test(
        "what was taken for goods that the customer has is recognised, the rest is deposits, refunds due or given back")
    func balances() {
        // 10 units of 1.00: 2 cancelled and paid back, 5 delivered, one of them returned and due back, 3 waiting.
        let order = Self.order([(1_000, [.cancelled: 2, .delivered: 4, .returned: 1, .allocated: 3])])
        let account = OrderAccount(
            of: order, payments: Self.payments(taken: 1_000, givenBack: 200, earned: 500, dueBack: 100), refunded: 100)
        #expect(account.fault == nil)
        #expect(account.captured == 800)
        #expect(account.recognised == 400)
        #expect(account.refundsDue == 100)
        #expect(account.deposits == 300)
        #expect(account.returned == 100)
        #expect(account.units == .init(delivered: 5, returned: 1))
    }

    @Test("what is given back as store credit, outside or into an exchange is given back as what the tenders give is")
    func otherwise() {
        // Five units of 1.00 that all came back, one in each way and one that is still due.
        let order = Self.order([(500, [.returned: 5])])
        var payments = Self.payments(taken: 500, givenBack: 100, earned: 500, dueBack: 100)
        let ways: [Holdfast_V1_ReturnSettlement] = [.original, .storeCredit, .outside, .exchange]
        payments.refunds = ways.map { way in
            .with {
                $0.settlement = way
                $0.amount = Self.money(100)
            }
        }
        let account = OrderAccount(of: order, payments: payments, refunded: 500)
        #expect(account.fault == nil)
        #expect(account.givenBack == 400)
        #expect(account.captured == 100)
        #expect(account.recognised == 0)
        #expect(account.refundsDue == 100)
    }

    @Test("a penny that does not divide is found where the service puts it")
    func odd() {
        // 1.00 for three: the first cancelled is worth 0.33, the second 0.34, the third 0.33.
        let order = Self.order([(100, [.cancelled: 1, .delivered: 1, .allocated: 1])])
        let account = OrderAccount(
            of: order, payments: Self.payments(taken: 100, givenBack: 33, earned: 34), refunded: 0)
        #expect(account.fault == nil)
        #expect(account.recognised == 34)
        #expect(account.deposits == 33)
    }

    @Test("taxes are told apart from what is recognised, and go back with the units")
    func taxes() {
        var order = Self.order([(1_200, [.delivered: 3, .returned: 1])])
        order.lines[0].taxes = [
            .with {
                $0.amount = Self.money(200)
                $0.included = true
            },
            .with { $0.amount = Self.money(40) },
        ]
        order.total = Self.money(1_240)
        let account = OrderAccount(
            of: order, payments: Self.payments(taken: 1_240, givenBack: 310, earned: 1_240), refunded: 310)
        #expect(account.fault == nil)
        #expect(account.tax == 180)
        #expect(account.recognised == 750)
    }

    @Test("what a card holds is no deposit yet")
    func held() {
        let order = Self.order([(1_000, [.shipped: 4, .packed: 6])])
        let account = OrderAccount(of: order, payments: Self.payments(taken: 400, earned: 400, held: 600), refunded: 0)
        #expect(account.fault == nil)
        #expect(account.deposits == 0)
        #expect(account.recognised == 400)
    }

    /// Payments that do not fit ten delivered units of 1.00.
    struct Misfit: Sendable, CustomTestStringConvertible {
        let taken: Int64
        let givenBack: Int64
        let earned: Int64
        let uncovered: Int64
        let said: String
        var testDescription: String { said }
    }

    @Test(
        "a penny that is missing is told",
        arguments: [
            Misfit(taken: 999, givenBack: 0, earned: 1_000, uncovered: 0, said: "captured 999, but recognised 1000"),
            Misfit(taken: 1_000, givenBack: 1, earned: 1_000, uncovered: 0, said: "captured 999, but recognised 1000"),
            Misfit(taken: 1_001, givenBack: 0, earned: 1_000, uncovered: 0, said: "captured 1001, but recognised 1000"),
            Misfit(
                taken: 1_000, givenBack: 0, earned: 999, uncovered: 0, said: "999 earned where its lines come to 1000"),
            Misfit(taken: 999, givenBack: 0, earned: 1_000, uncovered: 1, said: "1 are earned and not taken"),
        ])
    func misfits(misfit: Misfit) {
        let payments = Self.payments(
            taken: misfit.taken, givenBack: misfit.givenBack, earned: misfit.earned, uncovered: misfit.uncovered)
        let account = OrderAccount(of: Self.order([(1_000, [.delivered: 10])]), payments: payments, refunded: 0)
        #expect(account.fault?.hasPrefix(misfit.said) == true)
        var accounts = LifeAccounts()
        accounts.add(account, name: "536365")
        #expect(!accounts.isBalanced)
        #expect(accounts.firstUnbalanced == ["order 536365: \(account.fault ?? "")"])
    }

    @Test("an order that nobody paid is accounted for where it costs nothing")
    func unpaid() {
        let nothing = OrderAccount(of: Self.order([(0, [.delivered: 2])]), payments: .init(), refunded: 0)
        #expect(nothing.fault == nil)
        let something = OrderAccount(of: Self.order([(10, [.allocated: 2])]), payments: .init(), refunded: 0)
        #expect(something.fault == "has no tender for 10")
    }

    @Test("rates and hours are rounded once, and are zero of nothing")
    func rates() {
        var life = LifeFigures()
        #expect(life.unitFillRate == "0.000000")
        #expect(life.hoursToShip == ("0.0", "0.0", "0.0"))
        life.asked.add(units: 3)
        life.asked.add(units: 3)
        life.filled.add(units: 4)
        life.secondsToShip = [7_200, 3_600, 36_000]
        #expect(life.unitFillRate == "0.666667")
        #expect(life.lineFillRate == "0.500000")
        #expect(life.hoursToShip == ("4.3", "2.0", "10.0"))
    }
}
