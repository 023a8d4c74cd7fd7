import Domain
import GRPCCore
import GRPCProtobuf
import HoldfastAPI
import HoldfastTesting
import Logging
import SwiftProtobuf
import Testing

@testable import HoldfastServices
@testable import Ledger
@testable import OrderProcessing

@Suite("Cancellation of what is being fulfilled")
struct LateCancellationTests {
    private struct Desk {
        let bench: ReviewBench
        let service: LateCancellationService

        init(_ bench: ReviewBench) {
            self.bench = bench
            service = LateCancellationService(processing: bench.processing, logger: Logger(label: "test"))
        }

        /// An order of 4 A and 2 B, all of it released to DC.
        func released() async throws -> EntityID {
            let id = try await bench.place([("A", 4, 500), ("B", 2, 300)])
            try await bench.processing.release(id, cause: .fresh)
            return id
        }

        func ask(
            _ order: EntityID, _ lines: [(Int32, Int64)] = [], as call: EntityID = .fresh
        ) async throws -> [Holdfast_V1_Cancellation] {
            try await service.requestCancellation(
                request: .with {
                    $0.requestID = call.description
                    $0.orderID = order.description
                    $0.reason = "not needed"
                    $0.lines = lines.map { line in
                        .with {
                            $0.lineNumber = line.0
                            $0.quantity = line.1
                        }
                    }
                }, context: bench.context
            ).cancellations
        }

        func respond(
            _ wish: String, _ accept: Bool, as call: EntityID = .fresh
        ) async throws -> Holdfast_V1_RespondCancellationResponse {
            try await service.respondCancellation(
                request: .with {
                    $0.responseID = call.description
                    $0.cancellationID = wish
                    $0.accept = accept
                    $0.answer = accept ? "put back" : "on the lorry"
                }, context: bench.context)
        }

        func call(_ fulfilment: String) throws -> FulfilmentCall {
            FulfilmentCall(
                id: .fresh, fulfilment: try #require(EntityID(fulfilment)), reason: "", body: [1], caller: .anonymous)
        }

        func units(_ id: EntityID) async throws -> [[String]] {
            try await bench.order(id).lines.map { line in
                line.quantities.map { "\(LineStatus(rawValue: Int16($0.status.rawValue))?.word ?? "") \($0.quantity)" }
            }
        }
    }

    @Test("Accepted, units are cancelled where they are; the fulfilment ends with its last one")
    func accepted() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = try await desk.released()
            let call = EntityID.fresh
            let wishes = try await desk.ask(id, [(1, 3)], as: call)
            #expect(wishes.map(\.state) == [.asked])
            #expect(wishes.map(\.location) == ["DC"])
            #expect(wishes[0].lines.map(\.sku) == ["A"])
            #expect(try await desk.ask(id, [(1, 3)], as: call) == wishes)
            let listed = try await desk.service.listCancellations(
                request: .with {
                    $0.location = "DC"
                    $0.state = .asked
                }, context: bench.context)
            #expect(listed.cancellations == wishes)
            let twice = try await status { _ = try await desk.ask(id, [(1, 2)]) }
            #expect(try Details(twice).info?.metadata["state"] == "recallable=1")

            let answer = EntityID.fresh
            let done = try await desk.respond(wishes[0].cancellationID, true, as: answer)
            #expect(done.cancellation.state == .accepted)
            #expect(done.cancelled.map(\.quantity) == [3])
            #expect(done.cancelled.map(\.amount.amountMinor) == [1_500])
            #expect(try await desk.respond(wishes[0].cancellationID, true, as: answer) == done)
            #expect(try await desk.units(id) == [["released 1", "cancelled 3"], ["released 2"]])
            #expect(try await bench.deployment.available("A") == 99)

            let rest = try await desk.ask(id)
            #expect(rest[0].lines.map(\.quantity) == [1, 2])
            let ended = try await desk.respond(rest[0].cancellationID, true)
            #expect(ended.status == .cancelled)
            let stopped = try #require(EntityID(rest[0].fulfilmentID))
            let found = try await bench.deployment.ledger.fulfilment(stopped)
            let fulfilment = try #require(found)
            #expect(fulfilment.standing == .ship(.cancelled))
            #expect(try await bench.deployment.available("B") == 100)
            #expect(try await bench.deployment.booksAgree())
            #expect(
                try await bench.events(id) == [
                    "placed", "released", "cancellation_requested", "cancellation_accepted", "cancellation_requested",
                    "cancellation_accepted", "fulfilment_cancelled",
                ])
        }
    }

    @Test("Refused or taken back, nothing changes, and the first answer holds")
    func refused() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = try await desk.released()
            let wish = try await desk.ask(id, [(2, 2)])[0].cancellationID
            let refused = try await desk.respond(wish, false)
            #expect(refused.cancellation.state == .tooLate)
            #expect(refused.cancellation.answer == "on the lorry")
            #expect(refused.cancelled.isEmpty)
            #expect(try await desk.units(id) == [["released 4"], ["released 2"]])
            let late = try await status { _ = try await desk.respond(wish, true) }
            #expect(late.code == .failedPrecondition)
            #expect(try Details(late).info?.metadata["state"] == "too_late")

            let other = try await desk.ask(id, [(2, 1)])[0].cancellationID
            let call = EntityID.fresh
            func withdraw() async throws -> Holdfast_V1_Cancellation {
                try await desk.service.withdrawCancellation(
                    request: .with {
                        $0.withdrawalID = call.description
                        $0.cancellationID = other
                    }, context: bench.context
                ).cancellation
            }
            let withdrawn = try await withdraw()
            #expect(withdrawn.state == .withdrawn)
            #expect(try await withdraw() == withdrawn)
            let missing = try await status { _ = try await desk.respond(EntityID.fresh.description, true) }
            #expect(missing.code == .notFound)
        }
    }

    @Test("Two who answer at once: one wins, the other is told the state")
    func twoAnswers() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let id = try await desk.released()
            let wish = try await desk.ask(id, [(1, 4)])[0].cancellationID
            let outcomes = await withTaskGroup(of: (Bool, (any Error)?).self) { group in
                for accept in [true, false, true, false] {
                    group.addTask {
                        do {
                            _ = try await desk.respond(wish, accept)
                            return (accept, nil)
                        } catch {
                            return (accept, error)
                        }
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let winners = outcomes.filter { $0.1 == nil }
            #expect(winners.count == 1)
            for error in outcomes.compactMap({ $0.1 }) {
                #expect((error as? RPCError)?.code == .failedPrecondition)
            }
            let isAccepted = winners.first?.0 == true
            #expect(try await bench.deployment.available("A") == (isAccepted ? 100 : 96))
            #expect(try await bench.deployment.booksAgree())
        }
    }

    @Test(
        "Units that nobody has released, or that have left, cannot be asked for; a wish that is too late ends by itself"
    )
    func shipped() async throws {
        try await ReviewBench.with(nil) { bench in
            let desk = Desk(bench)
            let open = try await bench.place()
            let early = try await status { _ = try await desk.ask(open) }
            #expect(early.code == .failedPrecondition)
            #expect(try Details(early).info?.metadata["state"] == "open")

            let id = try await desk.released()
            let asked = try await desk.ask(id)[0]
            let fulfilment = asked.fulfilmentID
            _ = try await bench.processing.startPicking(try desk.call(fulfilment)) { _ in [] }
            let id2 = try #require(EntityID(fulfilment))
            try await bench.deployment.run("UPDATE fulfilment SET state = 5 WHERE id = '\(id2)'")
            let gone = try await status { _ = try await desk.respond(asked.cancellationID, true) }
            #expect(gone.code == .failedPrecondition)
            #expect(try Details(gone).info?.metadata["state"] == "shipped")
            #expect(try await bench.processing.lateCancelPass() == 1)
            #expect(try await bench.processing.lateCancelPass() == 0)
            let wish = try await desk.service.listCancellations(
                request: .with { $0.orderID = id.description }, context: bench.context
            ).cancellations
            #expect(wish.map(\.state) == [.tooLate])
            #expect(wish.map(\.answer) == ["the goods have left"])
        }
    }

    private static func caller(_ role: Role, _ location: String) -> Caller {
        Caller(id: "key:\(location)", name: "", roles: [role], scope: Scope(channels: nil, locations: [location]))
    }

    @Test("Who has the goods answers, and who will hand them over; nobody else")
    func scopes() async throws {
        let till = Self.caller(.pos, "LDN-1")
        let depot = Self.caller(.warehouse, "DC")
        let supplier = Self.caller(.warehouse, "SUP")
        try await Shop.with { shop in
            let service = LateCancellationService(
                processing: shop.bench.processing, logger: Logger(label: "test"))
            /// The wish to cancel a pickup that was picked in DC and lies at the counter of LDN-1.
            func wish() async throws -> String {
                let one = try await shop.released([("A", "DC", 2)], pickupAt: "LDN-1")
                try await shop.start(one.fulfilmentID)
                try await shop.pick(one.fulfilmentID, [("A", 2)])
                _ = try await shop.bench.fulfilment.sendToStore(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                    }, context: shop.context)
                _ = try await shop.bench.fulfilment.makeReady(
                    request: .with {
                        $0.requestID = EntityID.fresh.description
                        $0.fulfilmentID = one.fulfilmentID
                    }, context: shop.context)
                return try #require(
                    try await service.requestCancellation(
                        request: .with {
                            $0.requestID = EntityID.fresh.description
                            $0.orderID = one.orderID
                        }, context: shop.context
                    ).cancellations.first
                ).cancellationID
            }
            func respond(_ wish: String, _ accept: Bool) async throws -> Holdfast_V1_Cancellation {
                try await service.respondCancellation(
                    request: .with {
                        $0.responseID = EntityID.fresh.description
                        $0.cancellationID = wish
                        $0.accept = accept
                    }, context: shop.context
                ).cancellation
            }
            func list(_ location: String = "") async throws -> [String] {
                try await service.listCancellations(
                    request: .with { $0.location = location }, context: shop.context
                ).cancellations.map(\.cancellationID)
            }
            func respond(as caller: Caller, _ wish: String, _ accept: Bool) async throws -> Holdfast_V1_Cancellation {
                try await CallerContext.$current.withValue(caller) { try await respond(wish, accept) }
            }
            func list(as caller: Caller) async throws -> [String] {
                try await CallerContext.$current.withValue(caller) { try await list() }
            }
            let one = try await wish()
            let other = try await status { try await respond(as: supplier, one, true) }
            #expect(other.code == .permissionDenied)
            #expect(try await list(as: supplier).isEmpty)
            #expect(try await list(as: till) == [one])
            #expect(try await list(as: depot) == [one])
            #expect(try await list("LDN-1") == [one])
            #expect(try await respond(as: till, one, true).state == .accepted)
            // What lay at the counter is on the store's shelf.
            #expect(try await shop.stock("A", "DC") == [8, 0])
            #expect(try await shop.stock("A", "LDN-1") == [7, 0])
            let two = try await wish()
            #expect(try await respond(as: till, two, false).state == .tooLate)
            let three = try await wish()
            #expect(try await respond(as: depot, three, true).state == .accepted)
            try await shop.expectExactBooks()
        }
    }
}
