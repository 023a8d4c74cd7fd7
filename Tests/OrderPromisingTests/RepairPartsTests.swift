import Domain
import Testing

@testable import HotStock
@testable import OrderPromising

@Suite("Parts of the repairs")
struct RepairPartsTests {
    private let start = ContinuousClock.now

    @Test("what looks wrong counts once it has looked the same for the grace")
    func sightings() {
        var sightings = Sightings<String, Int>()
        func see(_ mark: Int, after seconds: Int) -> Bool {
            sightings.see("a", mark, at: start + .seconds(seconds), grace: .seconds(5))
        }
        #expect(!see(1, after: 0))
        #expect(!see(1, after: 4))
        #expect(see(1, after: 5))
        #expect(!see(2, after: 6))
        #expect(!see(2, after: 10))
        #expect(sightings.due(at: start + .seconds(11), grace: .seconds(5)) == ["a"])
        #expect(see(2, after: 11))
        sightings.clear("a")
        #expect(!see(2, after: 20))
        sightings.endPass()
        #expect(sightings.count == 1)
        sightings.endPass()
        #expect(sightings.count == 0)
    }

    @Test(
        "the plan of scrubs has every part of the stock once in an interval, evenly spread", arguments: [1, 16, 1_024])
    func plan(vshards: Int) {
        var plan = ScrubPlan(microseconds: 3_600_000_000, vshards: vshards)
        var other = ScrubPlan(microseconds: 3_600_000_000, vshards: vshards)
        let begin: Int64 = 1_700_000_000_000_000
        #expect(plan.next(at: begin) == nil)
        #expect(other.next(at: begin - 1) == nil)
        var turns: [Int] = []
        for tick in 1...Int64(36_000) {
            let now = begin + tick * 100_000
            let turn = plan.next(at: now)
            #expect(other.next(at: now) == turn)
            if let turn { turns.append(turn) }
        }
        #expect(Set(turns) == Set(0..<vshards))
        #expect(turns.count == vshards)
    }

    @Test("a clock that is set back repeats no turn at once")
    func clockStep() {
        var plan = ScrubPlan(microseconds: 1_600, vshards: 16)
        #expect(plan.next(at: 1_000) == nil)
        #expect(plan.next(at: 1_100) == 11)
        #expect(plan.next(at: 500) == nil)
        #expect(plan.next(at: 600) == 6)
    }

    @Test("a hold's entry is read whole or not at all")
    func entries() {
        let id = EntityID(high: 0x0123_4567_89AB_CDEF, low: 0xFEDC_BA98_7654_3210)
        let name = "0123456789abcdeffedcba9876543210"
        #expect(
            TakenHold(field: "o" + name, value: "ff|a|0,17,3,2,18,1")
                == TakenHold(
                    key: HoldKey(.order, id), nonce: 255,
                    takes: [
                        CellTake(line: 0, cell: CellID(17), quantity: 3),
                        CellTake(line: 2, cell: CellID(18), quantity: 1),
                    ]))
        let good = "1|2|0,1,1"
        for field in ["", name, "x" + name, "r" + name + "0", "r" + name.dropLast() + "g", "é" + name.dropLast()] {
            #expect(TakenHold(field: field, value: good) == nil, "\(field)")
        }
        for value in [
            "", "1|2", "1|2|", "1|2|0,1", "1|2|0,1,x", "g|2|0,1,1", "1|2|0,1,1|", "1|2|0,1,99999999999999999999",
        ] {
            #expect(TakenHold(field: "r" + name, value: value) == nil, "\(value)")
        }
        #expect(TakenHold(field: nil, value: good) == nil)
    }

    @Test("a reservation that cannot be ended is tried again after growing pauses, up to five minutes")
    func setAside() {
        var aside = SetAside()
        var now = start
        var pauses: [Duration] = []
        for _ in 0..<12 {
            if let pause = aside.failed(.init(high: 1, low: 1), at: now) {
                pauses.append(pause)
                #expect(aside.due(at: now).isEmpty)
                now += pause
                #expect(aside.due(at: now).count == 1)
            }
        }
        #expect(pauses.prefix(4) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8)])
        #expect(pauses.last == .seconds(300))
        for low in 2...UInt64(SetAside.bound) { _ = aside.failed(.init(high: 1, low: low), at: now) }
        #expect(aside.count == SetAside.bound)
        #expect(aside.failed(.init(high: 2, low: 1), at: now) == nil)
        #expect(aside.failed(.init(high: 1, low: 1), at: now) == .seconds(300))
        aside.succeeded(.init(high: 1, low: 2), at: now)
        #expect(aside.count == SetAside.bound - 1)
        #expect(aside.due(at: now).count == SetAside.bound - 1)
    }
}
