import Domain
import HoldfastTesting
import Ledger
import OrderPromising
import Testing

@Suite("Orders")
struct OrderTests {
    @Test("take stock, answer the same again, and refuse another body or another order under the number")
    func place() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], untracked: ["POST"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            let request = try deployment.order([("A", "W", 3), ("POST", "", 1), ("A", "W", 1)], number: "N1")
            let placed = try await deployment.place(request)
            #expect(placed.lines.map(\.amountMinor) == [300, 100, 100])
            #expect(placed.lines.map { $0.allocations.map(\.quantity) } == [[3], [], [1]])
            #expect(try await deployment.place(request) == placed)
            #expect(try await eventually { try await deployment.available("A") == 6 })
            await #expect(throws: Refusal.differentBody(.order, request.id, stored: request.body)) {
                try await deployment.place(deployment.order([("A", "W", 2)], id: request.id, number: "N1"))
            }
            await #expect(
                throws: Refusal.externalIDTaken(
                    channel: TestDeployment.channel, externalID: "N1", order: request.id)
            ) {
                try await deployment.place(deployment.order([("A", "W", 2)], number: "N1"))
            }
            #expect(try await deployment.available("A") == 6)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("use a reservation, free what they leave of it and take what it lacks", arguments: [2, 5, 8] as [Int64])
    func reserved(quantity: Int64) async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10), ("B", "W", 10)])
            let held = try await deployment.reserve([("A", "W", 5), ("B", "W", 1)])
            let request = try deployment.order([("A", "W", quantity)], reservation: held.id)
            let placed = try await deployment.place(request)
            #expect(placed.lines[0].allocations == [Allocation(location: "W", quantity: quantity)])
            #expect(try await deployment.place(request) == placed)
            #expect(try await eventually { try await deployment.available("A") == 10 - quantity })
            #expect(try await eventually { try await deployment.available("B") == 10 })
            let reservation = try await deployment.promising.reservation(held.id, for: .anonymous)
            #expect(reservation.state == .confirmed)
            #expect(reservation.order == request.id)
            await #expect(throws: Refusal.self) { try await deployment.promising.release(held.id, by: .anonymous) }
            await #expect(throws: Refusal.self) {
                try await deployment.place(deployment.order([("A", "W", 1)], reservation: held.id))
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("are taken anew where their reservation expired, refused where it was released or never was")
    func reservationGone() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 3)])
            let expired = try await deployment.reserve([("A", "W", 2)], ttl: 1_000)
            #expect(
                try await eventually {
                    try await deployment.promising.reservation(expired.id, for: .anonymous).state == .expired
                })
            #expect(try await eventually { try await deployment.available("A") == 3 })
            _ = try await deployment.place(deployment.order([("A", "W", 2)], reservation: expired.id))
            do {
                _ = try await deployment.place(deployment.order([("A", "W", 2)], reservation: expired.id))
                Issue.record("sold twice")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.available) == [1])
            }
            let released = try await deployment.reserve([("A", "W", 1)])
            _ = try await deployment.promising.release(released.id, by: .anonymous)
            await #expect(throws: Refusal.self) {
                try await deployment.place(deployment.order([("A", "W", 1)], reservation: released.id))
            }
            let never = EntityID.fresh
            await #expect(throws: Refusal.notFound(.reservation, never.description)) {
                try await deployment.place(deployment.order([("A", "W", 1)], reservation: never))
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("concurrent duplicates are captured once; two orders never share a reservation")
    func duplicates() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 50)])
            let request = try deployment.order([("A", "W", 2)])
            let answers = try await withThrowingTaskGroup(of: CapturedOrder.self) { group in
                for _ in 0..<30 { group.addTask { try await deployment.place(request) } }
                return try await group.reduce(into: Set<CapturedOrder>()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            let held = try await deployment.reserve([("A", "W", 5)])
            let won = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        do {
                            _ = try await deployment.place(deployment.order([("A", "W", 5)], reservation: held.id))
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(won == 1)
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.available("A") == 43)
        }
    }

    @Test("are cancelled by line and whole; parts of an amount add up; a second cancel finds nothing open")
    func cancel() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], untracked: ["POST"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 7)])
            let request = try deployment.order([("A", "W", 7), ("POST", "", 1)])
            _ = try await deployment.place(request)
            let id = EntityID.fresh
            let first = try #require(try await deployment.cancel(request.id, [(1, 3)], id: id))
            #expect(first.lines == [.init(number: 1, quantity: 3, amountMinor: 300)])
            #expect(first.status == .open)
            #expect(first.sequence == 2)
            #expect(try await deployment.cancel(request.id, [(1, 3)], id: id) == nil)  // the stored reply, nothing anew
            #expect(try await eventually { try await deployment.available("A") == 3 })
            await #expect(throws: Refusal.self) { try await deployment.cancel(request.id, [(1, 5)]) }
            await #expect(throws: Refusal.self) { try await deployment.cancel(request.id, [(9, 1)]) }
            let rest = try #require(try await deployment.cancel(request.id))
            #expect(rest.status == .cancelled)
            #expect(rest.lines.map(\.quantity) == [4, 1])
            await #expect(throws: Refusal.self) { try await deployment.cancel(request.id) }
            await #expect(throws: Refusal.self) { try await deployment.cancel(.fresh) }
            #expect(try await eventually { try await deployment.available("A") == 7 })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("goods in hand are captured though the books say none, as a shortage that a count closes")
    func goodsInHand() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A", "B"], locations: ["S"])
            try await deployment.change(.receive, [("A", "S", 3)])
            _ = try await deployment.reserve([("A", "S", 3)])
            await #expect(throws: Refusal.self) { try await deployment.place(deployment.order([("A", "S", 1)])) }
            let sale = try await deployment.place(
                deployment.order([("A", "S", 2), ("B", "S", 1)], goodsInHand: true))
            #expect(sale.shortage == 3)  // two of the reserved ones, one that was never booked in
            #expect(try await deployment.available("A") == 0)
            #expect(try await deployment.available("B") == 0)
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.promising.books().ledger.openShortage == 3)
            let counted = try await deployment.change(.count, [("A", "S", 5), ("B", "S", 4)])
            #expect(counted.map(\.onHand) == [5, 4])
            #expect(counted.map(\.shortage) == [0, 0])
            #expect(try await eventually { try await deployment.available("A") == 2 })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("one that cannot be written fails alone, and its units come back")
    func poisoned() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 40)])
            let placed = await withTaskGroup(of: Bool.self) { group in
                for number in 0..<30 {
                    group.addTask {
                        do {
                            var request = try deployment.order([("A", "W", 1)])
                            if number == 7 { request.customer.name = "\u{0}" }
                            _ = try await deployment.place(request)
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(placed == 29)
            #expect(try await deployment.booksAgree())
            #expect(try await deployment.available("A") == 11)
        }
    }

    @Test("two bodies under one id: one is captured, the other is told so")
    func twoBodies() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 100)])
            for _ in 0..<10 {
                let id = EntityID.fresh
                let outcomes = await withTaskGroup(of: String.self) { group in
                    for quantity in 1...3 as ClosedRange<Int64> {
                        group.addTask {
                            do {
                                _ = try await deployment.place(deployment.order([("A", "W", quantity)], id: id))
                                return "captured"
                            } catch Refusal.differentBody {
                                return "told"
                            } catch {
                                return "\(error)"
                            }
                        }
                    }
                    return await group.reduce(into: [String]()) { $0.append($1) }
                }
                #expect(outcomes.sorted() == ["captured", "told", "told"])
            }
            #expect(try await deployment.booksAgree())
        }
    }
}
