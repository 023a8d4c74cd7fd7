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
///   for here, like by anybody else, one server at a time by a lease, which only saves work: a line that two servers ask
///   for is served once, and what the other one has set aside goes back.
public struct Backorders: Sendable {
    private let promising: OrderPromising
    private let logger: Logger

    /// Orders that take over in one pass.
    private static let portion = 100
    /// Lines of one article that are looked at in one pass.
    private static let linesPerArticle = 20
    /// Lines that are looked at in one pass.
    private static let lines = 200
    /// How long a server looks for stock alone, in milliseconds.
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
        let orders = try await ledger.ordersWithGrants(limit: Backorders.portion)
        var done = 0
        for order in orders {
            do {
                let settlement = try await ledger.takeOverGrants(of: order, as: .random(), caller: .system)
                Failpoint.backorderFilled.pass()
                await promising.settle(settlement)
                done += 1
            } catch let error as CancellationError {
                throw error
            } catch {
                logger.warning(
                    "an order cannot take over its supply", metadata: ["order": "\(order)", "why": "\(error)"])
            }
        }
        return done
    }

    /// Asks for stock that nobody has been promised, for lines that wait, in the order in which they are served.
    ///
    /// - Returns: how many lines got some.
    /// - Throws: what keeps all of them from it.
    public func askForFreeStock() async throws -> Int {
        guard
            try await ledger.holdLease(
                .backorders, holder: promising.server, milliseconds: Backorders.leaseMilliseconds)
        else { return 0 }
        var done = 0
        for line in try await ledger.serveableLines(portion: Backorders.linesPerArticle, limit: Backorders.lines) {
            if try await ask(for: line) { done += 1 }
        }
        return done
    }

    private func ask(for line: ServeableLine) async throws -> Bool {
        let free = try await promising.availability(
            line.locations.map { AvailabilityItem(sku: line.sku, location: $0, quantity: 0) }, fresh: true, within: nil)
        var offer = SupplyOffer(
            zip(line.locations.indices, free.available).map { index, units in
                .init(cell: CellID(Int64(index)), location: Int32(index), units: units)
            })
        let demands = offer.serve(.init(units: line.units, locations: nil, single: line.single)).map { grant in
            Demand(
                sku: line.sku, location: line.locations[Int(grant.location)], quantity: grant.units, allowSplit: false)
        }
        var isServed = false
        for demand in demands {
            let change = EntityID.random()
            let reservation: Reservation
            do {
                reservation = try await promising.setAside(
                    [demand], for: change, channel: line.channel, caller: .system, deadline: .now() + .seconds(10))
            } catch Refusal.shortage {
                // Somebody was faster.
                continue
            }
            do {
                let settlement = try await ledger.fillBackorder(
                    from: reservation.id, of: line.order, line: line.line, as: change, caller: .system)
                await promising.settle(settlement)
                isServed = true
            } catch {
                // It does not wait any longer, or has been served meanwhile: the stock goes back.
                _ = try await promising.release(reservation.id, by: .system)
                if !(error is Refusal) && !(error is LedgerFault) { throw error }
            }
        }
        return isServed
    }
}
