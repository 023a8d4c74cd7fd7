import FramedTransport
import HoldfastAPI
import NIOCore
import SwiftProtobuf

/// A deployment that runs already, seen as its clients see it: through its own interface, and through nothing else.
///
/// Others may use it meanwhile; the run looks at its own articles, reservations and orders only.
struct AttachedTarget: TortureTarget {
    private struct Way: Sendable {
        var place: ServerPlace
        /// Stands between clients and server, where faults of that way were chosen.
        var proxy: FaultyProxy?
    }

    private let ways: [Way]
    private let desk: ServiceDesk
    private let skus: [String]

    /// Looks at a deployment.
    ///
    /// `withFaults` puts a proxy in front of each server.
    static func attach(
        to places: [ServerPlace], wares: Wares, withFaults: Bool, group: any EventLoopGroup
    ) async throws -> AttachedTarget {
        var ways: [Way] = []
        for (number, place) in places.enumerated() {
            guard withFaults else {
                ways.append(Way(place: place, proxy: nil))
                continue
            }
            let proxy = try await FaultyProxy.start(
                "clients to server \(number)", target: .init(host: place.host, port: place.port), group: group)
            ways.append(
                Way(
                    place: ServerPlace(host: "127.0.0.1", port: proxy.port, configuration: place.configuration),
                    proxy: proxy))
        }
        return AttachedTarget(
            ways: ways, desk: ServiceDesk(connections: ways.map { LoadConnection($0.place, group: group) }),
            skus: wares.skus)
    }

    func close() async {
        await desk.close()
        for way in ways {
            do { try await way.proxy?.close() } catch { way.proxy?.cut() }
        }
    }

    var places: [ServerPlace] { ways.map(\.place) }

    var isShared: Bool { true }

    var clockMayJump: Bool { false }

    func obstacle(to kind: FaultKind) -> String? {
        kind.isOfClients ? nil : "an attached deployment's machines are left alone"
    }

    func run(_ fault: PlannedFault, _ history: History) async -> FaultRecord {
        let began = history.now
        var failure: String?
        do {
            if let proxy = ways[fault.server % ways.count].proxy {
                try await WayFault(proxy: proxy, fault: fault).run()
            }
        } catch {
            failure = "\(error)"
        }
        return FaultRecord(fault: fault, began: began, ended: history.now, failure: failure)
    }

    func heal() async throws {
        for way in ways { way.proxy?.set(.open) }
    }

    func differences() async throws -> [String] {
        var differences: [String] = []
        for (index, sku) in skus.enumerated() {
            let answer: Holdfast_V1_ExplainAvailabilityResponse = try await desk.ask(
                "AvailabilityService", "ExplainAvailability",
                Holdfast_V1_ExplainAvailabilityRequest.with { $0.sku = sku }, on: index)
            for terms in answer.locations where terms.inFlight != 0 {
                differences.append("\(sku)@\(terms.location): \(terms.inFlight) units on their way")
            }
        }
        return differences
    }

    func facts(of keys: [KeyHistory]) async throws -> LedgerFacts {
        try await ServiceReader(desk: desk).facts(of: keys, skus: skus)
    }

    func violations(beside keys: [KeyHistory]) async throws -> [Violation] {
        let books: Holdfast_V1_CheckBooksResponse = try await desk.ask(
            "OperationsService", "CheckBooks", Holdfast_V1_CheckBooksRequest(), on: 0)
        // Where the stores differ is left out: others may trade.
        let sums = [
            (books.foldMismatches, Violation.Kind.books, "cells are not the sum of their movements"),
            (books.allocationMismatches, .books, "cells have other allocated units than open order lines"),
            (books.lineMismatches, .books, "order lines whose units do not add up"),
            (books.eventGaps, .events, "orders whose history has a gap"),
            (books.oversold, .unrecordedShortage, "units are promised beyond what is there, and no shortage says so"),
        ]
        return sums.compactMap { count, kind, story in count == 0 ? nil : Violation(kind, "\(count) \(story)") }
    }
}
