import Domain
import Testing

@Suite("The status of an order")
struct OrderStatusTests {
    private static let sets = (0..<512).map { bits in
        LineStatus.allCases.enumerated().reduce(into: LineStatusSet()) { set, item in
            if bits & (1 << item.offset) != 0 { set.insert(LineStatusSet(item.element)) }
        }
    }

    @Test("Every combination of units, payment and returns has a status, and what it says is so")
    func total() {
        var met: Set<OrderStatus> = []
        for present in Self.sets {
            for payment in PaymentStanding.allCases {
                for returns in ReturnStanding.allCases {
                    let status = OrderStatus(present, payment: payment, returns: returns)
                    met.insert(status)
                    if let fault = fault(status, present, payment, returns) {
                        Issue.record("\(status) of \(present.statuses), \(payment), \(returns): \(fault)")
                    }
                }
            }
        }
        #expect(met == Set(OrderStatus.allCases))
    }

    /// What a status claims, in words of its own.
    private func fault(
        _ status: OrderStatus, _ present: LineStatusSet, _ payment: PaymentStanding, _ returns: ReturnStanding
    ) -> String? {
        func has(_ statuses: LineStatus...) -> Bool { statuses.contains { present.contains(LineStatusSet($0)) } }
        let waits = has(.backordered, .allocated, .released, .picked, .packed)
        let isShort = payment == .due || payment == .partlyCovered
        let claim =
            switch status {
            case .open:
                waits && !has(.shipped, .delivered, .returned) && !isShort
                    && has(.allocated, .released, .picked, .packed)
            case .awaitingPayment: waits && !has(.shipped, .delivered, .returned) && isShort
            case .backordered:
                has(.backordered) && !has(.allocated, .released, .picked, .packed, .shipped, .delivered, .returned)
                    && !isShort
            case .partiallyShipped: waits && has(.shipped) && !has(.delivered, .returned)
            case .shipped: !waits && has(.shipped) && !has(.delivered, .returned)
            case .partiallyDelivered: (waits || has(.shipped)) && has(.delivered, .returned)
            case .delivered: !waits && has(.delivered) && !has(.shipped, .returned) && returns == .idle
            case .returning: !waits && !has(.shipped) && has(.delivered) && returns == .underWay
            case .partiallyReturned:
                !waits && !has(.shipped) && has(.delivered) && has(.returned) && returns == .idle
            case .returned:
                !waits && !has(.shipped, .delivered) && has(.returned) && payment != .refundDue
            case .cancelled:
                !waits && !has(.shipped, .delivered, .returned) && payment != .refundDue
            case .refundDue: !waits && !has(.shipped, .delivered) && payment == .refundDue
            }
        return claim ? nil : "not so"
    }

    @Test(
        "Orders whose units are allocated, delivered or cancelled have the four statuses of the contract",
        arguments: [
            ([.allocated], .open), ([.allocated, .cancelled], .open), ([.allocated, .delivered], .partiallyDelivered),
            ([.allocated, .delivered, .cancelled], .partiallyDelivered), ([.delivered], .delivered),
            ([.delivered, .cancelled], .delivered), ([.cancelled], .cancelled), ([], .cancelled),
        ] as [([LineStatus], OrderStatus)])
    func contract(statuses: [LineStatus], expected: OrderStatus) {
        let present = statuses.reduce(into: LineStatusSet()) { $0.insert(LineStatusSet($1)) }
        #expect(OrderStatus(present) == expected)
    }

    @Test(
        "Payment follows from amounts",
        arguments: [
            (100, 0, 0, 0, .due), (100, 40, 0, 0, .partlyCovered), (100, 0, 40, 0, .partlyCovered),
            (100, 60, 40, 0, .covered), (100, 100, 0, 0, .covered), (100, 0, 100, 0, .paid), (100, 0, 120, 20, .paid),
            (60, 0, 100, 0, .refundDue), (60, 0, 100, 40, .paid), (0, 0, 0, 0, .paid), (0, 0, 100, 99, .refundDue),
            (100, 0, 100, 100, .due),
        ] as [(Int64, Int64, Int64, Int64, PaymentStanding)])
    func payments(owed: Int64, held: Int64, taken: Int64, givenBack: Int64, expected: PaymentStanding) {
        #expect(PaymentStanding(owed: owed, held: held, taken: taken, givenBack: givenBack) == expected)
    }

    @Test("A return is under way until it is decided, it is over or its time is", arguments: ReturnState.allCases)
    func returns(state: ReturnState) {
        let isOver = [.decided, .settled, .declined, .cancelled, .refused, .expired].contains(state)
        #expect(ReturnStanding([state]) == (isOver ? .idle : .underWay))
        #expect(ReturnStanding([.settled, state]) == (isOver ? .idle : .underWay))
        #expect(ReturnStanding([]) == .idle)
    }
}
