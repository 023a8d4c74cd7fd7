import Domain
import HoldfastTesting
import Ledger
import NIOCore
import OrderPromising
import Testing

@Suite("Reservations")
struct ReservationTests {
    @Test("hold, answer the same again, and give back")
    func lifecycle() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            let id = EntityID.fresh
            let first = try await deployment.reserve([("A", "W", 4)], id: id)
            #expect(first.state == .held)
            #expect(
                first.lines == [.init(sku: "A", quantity: 4, allocations: [Allocation(location: "W", quantity: 4)])])
            #expect(try await deployment.reserve([("A", "W", 4)], id: id) == first)
            #expect(try await deployment.available("A") == 6)
            await #expect(throws: Refusal.self) { try await deployment.reserve([("A", "W", 3)], id: id) }
            #expect(try await deployment.promising.release(id, by: .anonymous) == .released)
            #expect(try await deployment.promising.release(id, by: .anonymous) == .released)
            #expect(try await eventually { try await deployment.available("A") == 10 })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("of releases that come together, each caller's end only what is of the caller's channels")
    func scopedReleases() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 100)])
            func caller(_ number: Int, _ channels: Set<String>?) -> Caller {
                Caller(
                    id: "key:\(number)", name: "", roles: [.backend], scope: Scope(channels: channels, locations: nil))
            }
            let many = Set((0..<99).map { "channel \($0)" })
            let scopes: [(channels: Set<String>?, covers: Bool)] = [
                (nil, true), (["web"], true), (["till"], false), (many.union(["web"]), true), (many, false),
                ([], false),
                (["web"], true),
            ]
            var ids: [EntityID] = []
            for _ in scopes { ids.append(try await deployment.reserve([("A", "W", 1)]).id) }
            let held = ids
            let ends = await withTaskGroup(of: (Int, Result<HoldState, any Error>).self) { tasks in
                for (index, scope) in scopes.enumerated() {
                    let asking = caller(index, scope.channels)
                    tasks.addTask {
                        do {
                            return (index, .success(try await deployment.promising.release(held[index], by: asking)))
                        } catch {
                            return (index, .failure(error))
                        }
                    }
                }
                return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
            }
            for (index, scope) in scopes.enumerated() {
                let stands = try #require(try await deployment.ledger.reservation(held[index])).reservation
                switch ends[index] {
                case .success(let state): #expect(scope.covers && state == .released && stands.state == .released)
                case .failure(let error):
                    #expect(!scope.covers && error as? Refusal == .outOfScope && stands.state == .held)
                case nil: Issue.record("release \(index) was not answered")
                }
            }
            #expect(try await eventually { try await deployment.available("A") == 97 })
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a shortage names every line that lacks something and takes nothing")
    func shortage() async throws {
        try await TestDeployment.with { deployment in
            let skus = (0..<8).map { "S\($0)" }  // over several vshards
            try await deployment.catalogue(skus: skus, locations: ["W"])
            try await deployment.change(.receive, skus.map { ($0, "W", 5) })
            do {
                _ = try await deployment.reserve([("S0", "W", 5), ("S1", "W", 6), ("S2", "", 1), ("S3", "", 9)])
                Issue.record("more than there is was held")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.line) == [1, 3])
                #expect(lines.map(\.wanted) == [6, 9])
                #expect(lines.map(\.available) == [5, 5])
            }
            for sku in skus { #expect(try await deployment.available(sku) == 5) }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("repeated lines of one article add up")
    func repeatedLines() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 5)])
            do {
                _ = try await deployment.reserve([("A", "W", 3), ("A", "W", 3)])
                Issue.record("two lines of one article were judged apart")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.available) == [2])
            }
            let held = try await deployment.reserve([("A", "W", 3), ("A", "W", 2)])
            #expect(held.lines.map(\.quantity) == [3, 2])
            #expect(try await deployment.available("A") == 0)
        }
    }

    @Test("any location is taken in the order of ranks, and several only where that is allowed")
    func anyLocation() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["L0", "L1", "L2"])
            try await deployment.change(.receive, [("A", "L0", 2), ("A", "L1", 5), ("A", "L2", 9)])
            #expect(try await deployment.available("A") == 16)
            let one = try await deployment.reserve([("A", "", 4)])
            #expect(one.lines[0].allocations == [Allocation(location: "L1", quantity: 4)])
            do {
                _ = try await deployment.reserve([("A", "", 10)])
                Issue.record("several locations served a line that forbids it")
            } catch Refusal.shortage(let lines) {
                #expect(lines.map(\.available) == [9])
            }
            let split = try await deployment.reserve([("A", "", 10)], split: true)
            #expect(
                split.lines[0].allocations == [
                    Allocation(location: "L0", quantity: 2), Allocation(location: "L1", quantity: 1),
                    Allocation(location: "L2", quantity: 7),
                ])
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("expire by themselves, and an extension moves the moment")
    func expiry() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 2)])
            let short = try await deployment.reserve([("A", "W", 1)], ttl: 1_000)
            let long = try await deployment.reserve([("A", "W", 1)], ttl: 1_000)
            _ = try await deployment.promising.extend(
                .fresh, reservation: long.id, ttlMilliseconds: 600_000, body: [1], caller: .anonymous
            ) { _ in [] }
            #expect(try await eventually { try await deployment.available("A") == 1 })
            #expect(try await deployment.promising.reservation(short.id, for: .anonymous).state == .expired)
            #expect(try await deployment.promising.reservation(long.id, for: .anonymous).state == .held)
            #expect(try await deployment.promising.release(short.id, by: .anonymous) == .expired)
            await #expect(throws: Refusal.self) {
                try await deployment.reserve([("A", "W", 1)], id: short.id, ttl: 1_000)
            }
            await #expect(throws: Refusal.self) {
                try await deployment.promising.extend(
                    .fresh, reservation: short.id, ttlMilliseconds: 1_000, body: [1], caller: .anonymous
                ) { _ in [] }
            }
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("concurrent duplicates of one id hold once")
    func duplicates() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 10)])
            let id = EntityID.fresh
            let answers = try await withThrowingTaskGroup(of: Reservation.self) { group in
                for _ in 0..<40 { group.addTask { try await deployment.reserve([("A", "W", 3)], id: id) } }
                return try await group.reduce(into: Set<Reservation>()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            #expect(try await deployment.available("A") == 7)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("an unknown article, location or channel is refused by field", arguments: ["sku", "location"])
    func unknown(field: String) async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            do {
                _ = try await deployment.reserve([
                    ("A", "W", 1), (field == "sku" ? "nothing" : "A", field == "location" ? "nowhere" : "W", 1),
                ])
                Issue.record("something unknown was held")
            } catch Refusal.invalid(let violations) {
                #expect(violations.map(\.field) == ["lines[1].\(field)"])
            }
        }
    }

    @Test("two bodies under one id: one is held, the other refused, wherever their articles lie")
    func twoBodies() async throws {
        try await TestDeployment.with { deployment in
            let skus = (0..<8).map { "T\($0)" }
            try await deployment.catalogue(skus: skus, locations: ["W"])
            try await deployment.change(.receive, skus.map { ($0, "W", 100) })
            for round in 0..<10 {
                let id = EntityID.fresh
                let held = await withTaskGroup(of: Bool.self) { group in
                    for offset in 0..<4 {
                        group.addTask {
                            do {
                                _ = try await deployment.reserve([(skus[(round + offset) % 8], "W", 1)], id: id)
                                return true
                            } catch {
                                return false
                            }
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                #expect(held == 1)
                // Later, one after the other, as well.
                for sku in skus {
                    do { _ = try await deployment.reserve([(sku, "W", 50)], id: id) } catch Refusal.differentBody {}
                }
            }
            #expect(try await deployment.booksAgree())
            var left: Int64 = 0
            for sku in skus { left += try await deployment.available(sku) }
            #expect(left == 790)
        }
    }

    @Test("what was told as expired stays expired, although nobody has swept it")
    func toldAsExpired() async throws {
        try await TestDeployment.with(configure: { $0.sweepInterval = .seconds(3_600) }) { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W"])
            try await deployment.change(.receive, [("A", "W", 5)])
            let held = try await deployment.reserve([("A", "W", 5)], ttl: 1_000)
            #expect(
                try await eventually {
                    try await deployment.promising.reservation(held.id, for: .anonymous).state == .expired
                })
            // Its units are free at once, and an order that names it takes anew.
            #expect(try await eventually { try await deployment.available("A") == 5 })
            _ = try await deployment.place(deployment.order([("A", "W", 2)], reservation: held.id))
            #expect(try await deployment.promising.reservation(held.id, for: .anonymous).state == .expired)
            #expect(try await deployment.available("A") == 3)
            #expect(try await deployment.booksAgree())
        }
    }

    @Test("a repetition on a server that has not read of the cells yet has the same answer")
    func repeatedElsewhere() async throws {
        try await TestDeployment.with { deployment in
            try await deployment.catalogue(skus: ["A"], locations: ["W", "X"])
            try await deployment.change(.receive, [("A", "W", 2)])
            // Its directory reads once, at its start.
            try await deployment.withSecondServer(configure: { $0.directoryInterval = .seconds(3_600) }) {
                (other: OrderPromising) async throws in
                #expect(try await eventually { other.isReady })
                try await deployment.change(.receive, [("A", "X", 4)])
                let id = EntityID.fresh
                let first = try await deployment.reserve([("A", "", 6)], id: id, split: true)
                #expect(first.lines.map(\.allocations.count) == [2])
                let demands = [Demand(sku: "A", location: "", quantity: 6, allowSplit: true)]
                let request = ReservationRequest(
                    id: id, channel: TestDeployment.channel, demands: demands, ttlMilliseconds: 600_000,
                    body: Array("\(demands)\(600_000)".utf8), caller: .anonymous)
                #expect(try await other.reserve(request, deadline: .now() + .seconds(30)) == first)
            }
        }
    }
}
