import Domain
import Testing

@Suite("Units of a line")
struct LineQuantitiesTests {
    @Test("Units move by events and add up to what was ordered")
    func moves() throws {
        var units = LineQuantities()
        _ = try units.add(.allocate, 7)
        _ = try units.add(.backorder, 3)
        #expect(units.ordered == 10)
        #expect(units[.allocated] == 7)
        let move = try units.move(.release, 5, from: .allocated)
        #expect(move.transition.to == .released)
        #expect(units[.allocated] == 2)
        #expect(units[.released] == 5)
        #expect(units.present == [.init(.allocated), .init(.released), .init(.backordered)])
        #expect(units.present.statuses == [.backordered, .allocated, .released])
    }

    @Test("An event takes units from every status that knows it, and says what it did to each")
    func spread() throws {
        var units = LineQuantities()
        _ = try units.add(.allocate, 4)
        _ = try units.add(.backorder, 3)
        #expect(units.movable(by: .cancel) == 7)
        let moves = try units.move(.cancel, 5)
        #expect(moves.map(\.transition.from) == [.backordered, .allocated])
        #expect(moves.map(\.quantity) == [3, 2])
        #expect(moves.map(\.transition.effect.stock) == [.none, .free])
        #expect(units[.cancelled] == 5)
        #expect(units.ordered == 7)
    }

    @Test("More than there is, is refused with both figures, and nothing moves")
    func tooMany() throws {
        var units = LineQuantities()
        _ = try units.add(.allocate, 4)
        let before = units
        #expect(throws: LineMoveRefusal.tooMany(.release, 5, there: 4, in: [.allocated])) {
            try units.move(.release, 5, from: .allocated)
        }
        #expect(throws: LineMoveRefusal.tooMany(.cancel, 5, there: 4, in: [.backordered, .allocated])) {
            try units.move(.cancel, 5)
        }
        #expect(units == before)
        #expect(
            LineMoveRefusal.tooMany(.release, 5, there: 4, in: [.allocated]).refusal(naming: "7 line 1")
                == .wrongState(
                    .orderLine, "7 line 1", state: "allocated=4",
                    explanation: "release was asked of 5 units, 4 are allocated"))
    }

    @Test("An event that a status does not know is refused with those that it knows")
    func unknown() throws {
        var units = LineQuantities()
        _ = try units.add(.backorder, 4)
        let before = units
        let refusal = LineMoveRefusal.notKnown(.ship, in: .backordered, allowed: [.allocate, .cancel])
        #expect(throws: refusal) { try units.move(.ship, 1, from: .backordered) }
        #expect(throws: LineMoveRefusal.notKnown(.pick, in: nil, allowed: [.allocate, .backorder, .handOver])) {
            try units.add(.pick, 1)
        }
        #expect(units == before)
        #expect(
            refusal.refusal(naming: "7 line 1")
                == .eventNotKnown(
                    .orderLine, "7 line 1", state: "backordered", event: "ship", allowed: ["allocate", "cancel"]))
    }

    @Test("Quantities are at least 1 and a line is bounded", arguments: [0, -1, .min] as [Int64])
    func bounds(quantity: Int64) throws {
        var units = LineQuantities()
        _ = try units.add(.allocate, Quantity.bound)
        let before = units
        #expect(throws: LineMoveRefusal.notPositive(.cancel, quantity)) { try units.move(.cancel, quantity) }
        #expect(throws: LineMoveRefusal.notPositive(.cancel, quantity)) {
            try units.move(.cancel, quantity, from: .allocated)
        }
        #expect(throws: LineMoveRefusal.notPositive(.allocate, quantity)) { try units.add(.allocate, quantity) }
        #expect(throws: LineMoveRefusal.beyondBound(.allocate, 1, ordered: Quantity.bound)) {
            try units.add(.allocate, 1)
        }
        #expect(throws: LineMoveRefusal.beyondBound(.allocate, .max, ordered: Quantity.bound)) {
            try units.add(.allocate, .max)
        }
        #expect(units == before)
        guard case .invalid = LineMoveRefusal.notPositive(.cancel, quantity).refusal(naming: "1"),
            case .invalid = LineMoveRefusal.beyondBound(.allocate, 1, ordered: 1).refusal(naming: "1")
        else {
            Issue.record("a wrong quantity is a wrong field")
            return
        }
    }

    @Test("Stored units are taken where they add up to what was ordered, and only there")
    func stored() throws {
        let units = try #require(LineQuantities(ordered: 5, [.allocated: 2, .cancelled: 3, .delivered: 0]))
        #expect(units[.cancelled] == 3)
        #expect(units.present == [.init(.allocated), .init(.cancelled)])
        #expect(LineQuantities(ordered: 0, [:]) == LineQuantities())
        #expect(LineQuantities(ordered: 5, [.allocated: 2]) == nil)
        #expect(LineQuantities(ordered: 1, [.allocated: 2, .cancelled: -1]) == nil)
        #expect(LineQuantities(ordered: -2, [.allocated: .max, .cancelled: .max]) == nil)
    }

    /// What the effects of many moves add up to.
    private struct Sums {
        var onHand: Int64
        var allocated: Int64
        var owed: Int64
        var earned: Int64
        /// The rows that were taken, by their numbers.
        var rows: Set<Int> = []

        /// Those of units that stand where they stand, none of them lost.
        init(_ units: LineQuantities) {
            onHand = -units[.shipped] - units[.delivered] - units[.returned]
            allocated = units[.allocated] + units[.released] + units[.picked] + units[.packed]
            earned = units[.shipped] + units[.delivered]
            owed = units.ordered - units[.cancelled] - units[.returned]
        }

        static func number(_ row: LineTransition) -> Int {
            Int(row.from?.rawValue ?? 0) << 8 | Int(row.event.rawValue)
        }

        mutating func add(_ move: LineQuantities.Move) {
            rows.insert(Self.number(move.transition))
            if let delta = move.transition.effect.stock.delta {
                onHand += delta.onHand * move.quantity
                allocated += delta.allocated * move.quantity
            }
            for effect in move.transition.effect.money {
                switch effect {
                case .owed: owed += move.quantity
                case .notOwed: owed -= move.quantity
                case .earned: earned += move.quantity
                case .refundDue:
                    owed -= move.quantity
                    earned -= move.quantity
                case .held, .letGo, .taken, .givenBack, .supplierOwed: Issue.record("units have no \(effect)")
                }
            }
        }

        /// The first figure that does not fit the units, or nil.
        func fault(_ units: LineQuantities) -> String? {
            var sum: Int64 = 0
            for status in LineStatus.allCases {
                if units[status] < 0 { return "\(status) is negative" }
                sum += units[status]
            }
            let setAside = units[.allocated] + units[.released] + units[.picked] + units[.packed]
            let kept = units[.shipped] + units[.delivered]
            if sum != units.ordered { return "units do not add up" }
            if allocated != setAside { return "stock set aside is \(allocated), not \(setAside)" }
            if earned != kept { return "earned is \(earned), not \(kept)" }
            if owed != units[.backordered] + setAside + kept { return "owed is \(owed)" }
            // All that left is with somebody, came back, or was lost, which is counted as cancelled.
            let left = -onHand
            if left < kept + units[.returned] || left > kept + units[.returned] + units[.cancelled] {
                return "\(left) units left"
            }
            return nil
        }
    }

    // 100,000 lines in all, each of 8 events. Half fit the units that are there; others are not known, or of too many.
    @Test("Whatever happens in whatever order, units, stock and money add up", arguments: 1...50)
    func sequences(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        var met: Set<Int> = []
        var moved = 0
        var refused = 0
        for number in 0..<2_000 {
            // Every other line begins with units everywhere, so that what comes late is met as often.
            let first = Int64(number % 2) * Int64(number % 3 + 1)
            guard
                var units = LineQuantities(
                    ordered: 9 * first, Dictionary(uniqueKeysWithValues: Self.statuses.map { ($0, first) }))
            else {
                Issue.record("units that add up are not taken")
                return
            }
            var sums = Sums(units)
            for _ in 0..<8 {
                let before = units
                do throws(LineMoveRefusal) {
                    try happen(to: &units, &sums, draw: generator.next())
                    moved += 1
                } catch {
                    refused += 1
                    if units != before { Issue.record("\(error) changed something") }
                }
            }
            met.formUnion(sums.rows)
            if let fault = sums.fault(units) { Issue.record("seed \(seed): \(fault) in \(units)") }
        }
        #expect(met == Set(Lifecycle.line.transitions.map(Sums.number)))
        #expect(moved > 4_000)
        #expect(refused > 4_000)
    }

    private static let statuses = LineStatus.allCases
    private static let events = LineEvent.allCases

    private func happen(to units: inout LineQuantities, _ sums: inout Sums, draw: UInt64) throws(LineMoveRefusal) {
        // Each choice has bits of its own.
        func choice(_ shift: UInt64, of count: Int) -> Int { Int((draw >> shift) & 0xFF) % count }
        let any = Self.events[choice(0, of: Self.events.count)]
        let isOdd = choice(8, of: 8) == 0
        let quantity = Int64(isOdd ? choice(12, of: 2) * 50 : 1 + choice(12, of: 3))
        if units.ordered == 0 || choice(16, of: 10) == 0 {
            let known = Lifecycle.line.allowed(in: nil)
            sums.add(try units.add(choice(24, of: 8) == 0 ? any : known[choice(32, of: known.count)], quantity))
            return
        }
        if choice(24, of: 8) == 0 {
            for move in try units.move(any, quantity) { sums.add(move) }
            return
        }
        var place = choice(40, of: Self.statuses.count)
        while units[Self.statuses[place]] == 0 { place = (place + 1) % Self.statuses.count }
        let status = Self.statuses[place]
        let known = Lifecycle.line.allowed(in: status)
        let event = known.isEmpty || choice(48, of: 8) == 0 ? any : known[choice(32, of: known.count)]
        sums.add(try units.move(event, isOdd ? quantity : min(quantity, units[status]), from: status))
    }

    @Test("Every table is walked at random: 100,000 events, known or not", arguments: 1...10)
    func walks(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        for table in AnyTable.all {
            for _ in 0..<125 { table.checks.walk(steps: 10, using: &generator) }
        }
    }

    @Test("What a fulfilment does to its units, they can do, and they follow its states")
    func follow() {
        check(
            Lifecycle.fulfilment,
            [
                .released: .released, .picking: .released, .picked: .picked, .packed: .packed, .shipped: .shipped,
                .delivered: .delivered, .cancelled: .cancelled, .declined: .allocated, .lost: .cancelled,
                .returned: .returned,
            ])
        check(
            Lifecycle.pickup,
            [
                .released: .released, .picking: .released, .picked: .picked, .underWay: .picked,
                .readyForPickup: .packed, .collected: .delivered, .expired: .packed, .restocked: .cancelled,
                .cancelled: .cancelled, .declined: .allocated, .lost: .cancelled,
            ])
        check(
            Lifecycle.dropShip,
            [
                .sent: .released, .acknowledged: .released, .rejected: .allocated, .shipped: .shipped,
                .delivered: .delivered, .cancelled: .cancelled, .lost: .cancelled, .returned: .returned,
            ])
    }

    private func check<State: LifecycleWord, Event: LifecycleWord>(
        _ table: StateTable<State, Event>, _ units: [State: LineStatus]
    ) {
        #expect(Set(units.keys) == Set(State.allCases))
        for row in table.transitions {
            guard let to = units[row.to] else { continue }
            if row.from == nil {
                // Units are there before they are given to a location.
                #expect(row.effect.units.map { Lifecycle.line[.allocated, $0]?.to } == [to])
                continue
            }
            guard let from = row.from.flatMap({ units[$0] }) else { continue }
            let ends = row.effect.units.map { Lifecycle.line[from, $0]?.to }
            #expect(!ends.contains(nil), "\(row.event) is not known to units that are \(from)")
            #expect(ends.isEmpty ? from == to : ends.contains(to), "\(row.event) leads units elsewhere")
        }
    }
}
