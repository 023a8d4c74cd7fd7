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
    private let group: any EventLoopGroup
    /// What the deployment said of its books before the run.
    private let former: Holdfast_V1_CheckBooksResponse

    /// Looks at a deployment.
    ///
    /// `withFaults` puts a proxy in front of each server. Throws where a server cannot be reached, or where it does not
    /// tell this caller of its books.
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
        let desk = ServiceDesk(connections: ways.map { LoadConnection($0.place, group: group) })
        do {
            return AttachedTarget(
                ways: ways, desk: desk, skus: wares.skus, group: group, former: try await books(of: desk))
        } catch {
            await close(ways, desk)
            throw error
        }
    }

    func close() async { await Self.close(ways, desk) }

    private static func books(of desk: ServiceDesk) async throws -> Holdfast_V1_CheckBooksResponse {
        try await desk.ask("OperationsService", "CheckBooks", Holdfast_V1_CheckBooksRequest(), on: 0)
    }

    private static func close(_ ways: [Way], _ desk: ServiceDesk) async {
        await desk.close()
        for way in ways {
            do { try await way.proxy?.close() } catch { way.proxy?.cut() }
        }
    }

    var places: [ServerPlace] { ways.map(\.place) }

    var isShared: Bool { true }

    var hasGateway: Bool { false }

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
        var expected: [AvailabilityProbe.Expected] = []
        for (index, sku) in skus.enumerated() {
            let answer: Holdfast_V1_ExplainAvailabilityResponse = try await desk.ask(
                "AvailabilityService", "ExplainAvailability",
                Holdfast_V1_ExplainAvailabilityRequest.with { $0.sku = sku }, on: index)
            for terms in answer.locations {
                expected.append(.init(sku: sku, location: terms.location, available: terms.available))
                guard terms.inFlight != 0 else { continue }
                differences.append("\(sku)@\(terms.location): \(terms.inFlight) units on their way")
            }
        }
        guard differences.isEmpty else { return differences }
        return try await AvailabilityProbe(places: places, group: group).differences(from: expected)
    }

    func facts(of keys: [KeyHistory]) async throws -> LedgerFacts {
        try await ServiceReader(desk: desk).facts(of: keys, skus: skus)
    }

    /// Its books are those of others too, and cannot be read.
    func lifeViolations() async throws -> [Violation] { [] }

    func violations(beside keys: [KeyHistory]) async throws -> [Violation] {
        BooksCheck.increase(from: former, to: try await Self.books(of: desk))
    }
}
