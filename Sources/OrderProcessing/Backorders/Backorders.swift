import Domain
import Failpoints
import Ledger
public import Logging
import NIOCore
public import OrderPromising

/// Serves lines that wait for supply.
///
/// Supply that a transaction brings is set aside in that transaction: see `BackorderServing` in the ledger. What is left to
/// do here is two kinds of work, each found in rows, on every server:
///
/// - **Orders take over what was set aside for them.** A crash before leaves the rows; two servers that do it at once come
///   one after the other at the order's lock, and the second finds nothing.
/// - **Stock that reservations gave back** is no new supply: whoever asks first gets it. For the lines that wait it is asked
///   for here, like by anybody else: a line that two servers ask for is served once, and what the other one has set aside
///   goes back.
///
/// One server does it at a time by a lease, which only saves work.
public struct Backorders: Sendable {
    private let promising: OrderPromising
    private let logger: Logger

    /// Parts of supply that are looked at together.
    private static let portion = 100
    /// Articles that are looked at in one pass.
    private static let articles = 200
    /// Lines of one article that are served in one pass.
    private static let linesPerArticle = 20
    /// Lines that are served in one pass, but for one of each article.
    private static let lines = 200
    /// Places that are asked about in one call.
    private static let places = 1_000
    /// How long a server does this work alone, in milliseconds.
    private static let leaseMilliseconds: Int64 = 5_000

    /// Makes it over order promising.
    public init(promising: OrderPromising, logger: Logger) {
        self.promising = promising
        self.logger = logger
    }

    private var ledger: Ledger { promising.ledger }

    /// Lets orders take over what was set aside for them.
    ///
    /// One that cannot does not hold up the others: it is told in the log and tried again with the next pass.
    ///
    /// - Returns: how many did.
    /// - Throws: what keeps all of them from it.
    public func takeOver() async throws -> Int {
        var seen: Set<EntityID> = []
        var done = 0
        var last: Int64 = 0
        var hasMore = true
        // What cannot be taken over stays in front of the others.
        while hasMore && done == 0 {
            let grants = try await ledger.grants(after: last, limit: Backorders.portion)
            guard let end = grants.last?.number, try await holdsLease() else { break }
            for grant in grants where seen.insert(grant.order).inserted {
                if try await takeOver(grant.order) { done += 1 }
            }
            last = end
            hasMore = grants.count == Backorders.portion
        }
        return done
    }

    /// Lets one order take over what was set aside for it; false where it cannot, or another server was faster.
    private func takeOver(_ order: EntityID) async throws -> Bool {
        do {
            guard let settlement = try await ledger.takeOverGrants(of: order, as: .random(), caller: .system) else {
                return false
            }
            Failpoint.backorderFilled.pass()
            await promising.settle(settlement)
            return true
        } catch let error as CancellationError {
            throw error
        } catch {
            logger.warning(
                "an order cannot take over its supply", metadata: ["order": "\(order)", "why": "\(error)"])
            return false
        }
    }

    private func holdsLease() async throws -> Bool {
        try await ledger.holdLease(
            .backorders, holder: promising.server, milliseconds: Backorders.leaseMilliseconds)
    }

    /// Asks for stock that nobody has been promised, for lines that wait, in the order in which they are served.
    ///
    /// Articles take turns: the one that was looked at longest ago comes first. So each with waiting lines and stock in its rows
    /// is looked at again after as many passes as there are portions of such articles, whatever the others find. A line whose
    /// order cannot take what it is offered, and an article that cannot be served, are told in the log; the next ones get it.
    ///
    /// - Returns: how many lines got some.
    /// - Throws: what keeps all of them from it.
    public func askForFreeStock() async throws -> Int {
        guard try await holdsLease() else { return 0 }
        let articles = try await ledger.serveableArticles(limit: Backorders.articles)
        let offers = try await free(articles).filter { !$0.offer.isEmpty }
        let portion = max(1, min(Backorders.linesPerArticle, Backorders.lines / max(1, offers.count)))
        var done = 0
        for (article, offer) in offers {
            do {
                done += try await serve(article, offer, portion)
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning(
                    "lines that wait cannot be served", metadata: ["sku": "\(article.sku)", "why": "\(error)"])
            }
        }
        return done
    }

    /// What is free of articles in the store that decides; a cell of the offer is the place among the article's locations.
    private func free(
        _ articles: [ServeableArticle]
    ) async throws -> [(article: ServeableArticle, offer: SupplyOffer)] {
        let items = articles.flatMap { article in
            article.places.map { AvailabilityItem(sku: article.sku, location: $0.location, quantity: 0) }
        }
        var units: [Int64] = []
        for first in stride(from: 0, to: items.count, by: Backorders.places) {
            let part = items[first..<min(first + Backorders.places, items.count)]
            units += try await promising.availability(Array(part), fresh: true, within: nil).available
        }
        var next = 0
        return articles.map { article in
            let parts = article.places.enumerated().map { index, place in
                SupplyOffer.Part(cell: CellID(Int64(index)), location: place.number, units: max(0, units[next + index]))
            }
            next += parts.count
            return (article, SupplyOffer(parts))
        }
    }

    /// Serves lines of one article from what is free of it; returns how many got some.
    ///
    /// What a line cannot take is offered to those behind it.
    private func serve(_ article: ServeableArticle, _ offer: SupplyOffer, _ limit: Int) async throws -> Int {
        var offer = offer
        let locations = offer.parts.map(\.location)
        var (done, skipped) = (0, 0)
        while done < limit && skipped < Backorders.lines && !offer.isEmpty {
            let lines = try await ledger.serveableLines(of: article, from: locations, after: skipped, limit: limit)
            for line in lines where done < limit {
                let isServed = try await serve(line, of: article, from: &offer)
                if isServed { done += 1 } else { skipped += 1 }
            }
            guard lines.count == limit else { break }
        }
        return done
    }

    /// Serves one line; false where it got nothing.
    private func serve(
        _ line: ServeableLine, of article: ServeableArticle, from offer: inout SupplyOffer
    ) async throws -> Bool {
        var isServed = false
        for grant in offer.serve(line.wish) {
            let place = article.places[Int(grant.cell.rawValue)].location
            let demand = Demand(sku: article.sku, location: place, quantity: grant.units, allowSplit: false)
            switch try await take(demand, for: line) {
            case .taken: isServed = true
            case .gone: break
            case .cannotTake: offer.takeBack(grant)
            }
        }
        return isServed
    }

    /// What became of stock that was offered to a line.
    private enum Taking {
        /// The line has it.
        case taken
        /// Somebody was faster.
        case gone
        /// It is still there: the line does not wait any longer, or its order cannot take it.
        case cannotTake
    }

    /// Sets stock aside for a line, which takes it over.
    private func take(_ demand: Demand, for line: ServeableLine) async throws -> Taking {
        let change = EntityID.random()
        let reservation: Reservation
        do {
            reservation = try await promising.setAside(
                [demand], for: change, channel: line.channel, caller: .system, deadline: .now() + .seconds(10))
        } catch Refusal.shortage {
            return .gone
        }
        do {
            let settlement = try await ledger.fillBackorder(
                from: reservation.id, of: line.order, line: line.line, as: change, caller: .system)
            await promising.settle(settlement)
            return .taken
        } catch {
            // It does not wait any longer, or has been served meanwhile: the stock goes back.
            _ = try await promising.release(reservation.id, by: .system)
            if error is CancellationError { throw error }
            if !(error is Refusal) && !(error is LedgerFault) {
                logger.warning(
                    "an order cannot take its supply", metadata: ["order": "\(line.order)", "why": "\(error)"])
            }
            try await waitUntilFree(demand)
            return .cannotTake
        }
    }

    /// Waits, for half a second at most, until what was given back may be promised again: the store that decides hears of it a
    /// moment after the ledger, and what it does not know yet the next line would not get.
    private func waitUntilFree(_ demand: Demand) async throws {
        let item = AvailabilityItem(sku: demand.sku, location: demand.location, quantity: 0)
        for _ in 0..<100 {
            let free = try await promising.availability([item], fresh: true, within: nil).available
            if free.allSatisfy({ $0 >= demand.quantity }) { return }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}
