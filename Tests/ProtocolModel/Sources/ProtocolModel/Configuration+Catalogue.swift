extension Configuration {
    /// Every configuration, in the order in which they build on each other.
    package static let all: [Configuration] = [
        .oneCell, .failover, .restarts, .twoRebuilds, .spanning, .twoSpanning, .directPlace, .spanningOrder,
        .reservedOrder, .transfer, .adjustment, .threeAttempts, .lyingRedis, .pagedLoad, .postgresMode,
        .postgresAttempts, .postgresFailover, .flapping, .postgresOrders, .postgresReservedOrder, .postgresTransfer,
        .mixedModes, .fence, .reconcilers, .reconcilerFailover, .figureCheck, .twoServers, .restored,
    ]

    /// The configuration of this name, or nil.
    package static func named(_ name: String) -> Configuration? { all.first { $0.name == name } }

    /// Two reservers of one unit; a rebuild in between, a unit that arrives.
    package static let oneCell = Configuration(
        name: "one-cell",
        purpose: "two reservations for one unit; retries, a rebuild with confirms in between, a restock",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, restocks: 1)

    /// The same over a failover to a lagging replica.
    package static let failover = Configuration(
        name: "failover",
        purpose: "two reservations for one unit; a lagging replica is promoted while the old primary admits",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, failovers: 1,
        closings: [.release])

    /// A Redis that restarts with its keys, or loses them and not its mind.
    package static let restarts = Configuration(
        name: "restarts",
        purpose: "two reservations for one unit; Redis restarts with its keys, or is flushed, at any moment",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, restarts: 1, flushes: 1)

    /// Two rebuilders at once.
    package static let twoRebuilds = Configuration(
        name: "two-rebuilds",
        purpose: "two rebuilders of one vshard overlap; bases and holds are loaded by separate calls",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, loading: .inTwoCalls)

    /// A hold over two vshards against a hold in one.
    package static let spanning = Configuration(
        name: "spanning",
        purpose: "a reservation over two vshards against one in the second; one of the vshards is rebuilt",
        supply: [1, 1], operations: [.reservation(0, 1), .reservation(1)], rebuilds: 1, restocks: 1, restocked: [1],
        closings: [.release],
        confirmsPartly: true)

    /// Two holds over the same two vshards.
    package static let twoSpanning = Configuration(
        name: "two-spanning", purpose: "two reservations over the same two vshards, each with what the other lacks",
        supply: [1, 1], operations: [.reservation(0, 1), .reservation(1, 0)])

    /// An order without a reservation against a reservation.
    package static let directPlace = Configuration(
        name: "direct-place", purpose: "an order without a reservation against a reservation; a failover and a rebuild",
        supply: [1], operations: [.order(0), .reservation(0)], rebuilds: 1, failovers: 1, restocks: 1)

    /// An order over two vshards.
    package static let spanningOrder = Configuration(
        name: "spanning-order",
        purpose: "an order over two vshards against a reservation; one of the vshards is rebuilt",
        supply: [1, 1], operations: [.order(0, 1), .reservation(1)], rebuilds: 1)

    /// An order that uses a reservation and takes a unit beyond it.
    package static let reservedOrder = Configuration(
        name: "reserved-order",
        purpose: "an order uses a reservation and takes a unit beyond it; another wants that unit",
        supply: [1, 1], operations: [.reservation(0), .order(1, using: 0), .reservation(1)], rebuilds: 1)

    /// A client that asks three times.
    package static let threeAttempts = Configuration(
        name: "three-attempts", purpose: "two reservations for one unit, three attempts each, all at once if they like",
        supply: [1], operations: [.reservation(0), .reservation(0)], attempts: 3, rebuilds: 1,
        closings: [.expire, .release])

    /// A unit moves between vshards.
    package static let transfer = Configuration(
        name: "transfer", purpose: "a transfer between two vshards, a reservation at either end; one is rebuilt",
        supply: [1, 0], operations: [.transfer(from: 0, to: 1), .reservation(0), .reservation(1)], rebuilds: 1,
        restocks: 1)

    /// A unit is gone.
    package static let adjustment = Configuration(
        name: "adjustment", purpose: "goods that are gone, a reservation and an order for the one unit; a rebuild",
        supply: [1], operations: [.adjustment(0), .reservation(0), .order(0)], rebuilds: 1)

    /// A Redis that shows more than there is.
    package static let lyingRedis = Configuration(
        name: "lying-redis", purpose: "two orders for one unit; Redis makes up another unit at any moment",
        supply: [1], operations: [.order(0), .order(0)], rebuilds: 1, lies: 1,
        promises: [.oversell, .acknowledgementLost, .finalStateChanged])

    /// A rebuild in bounded memory.
    package static let pagedLoad = Configuration(
        name: "paged-load",
        purpose: "two rebuilders read holds and bases in snapshots of their own; two reservations for one unit",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, restocks: 1, loading: .inPages)

    /// PostgreSQL decides for a while.
    package static let postgresMode = Configuration(
        name: "postgres-mode",
        purpose: "two reservations for one unit; PostgreSQL decides for a while, its old Redis goes on admitting",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, restarts: 1, restocks: 1, switches: 1,
        closings: [.release])

    /// PostgreSQL decides for a while, and everybody asks again.
    package static let postgresAttempts = Configuration(
        name: "postgres-attempts",
        purpose: "two reservations for one unit, three attempts each; PostgreSQL decides for a while",
        supply: [1], operations: [.reservation(0), .reservation(0)], attempts: 3, rebuilds: 1, restarts: 1, switches: 1,
        closings: [.release])

    /// PostgreSQL decides while Redis fails over.
    package static let postgresFailover = Configuration(
        name: "postgres-failover",
        purpose: "two reservations for one unit; a lagging replica is promoted, PostgreSQL decides for a while",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, failovers: 1, switches: 1,
        closings: [.release])

    /// Servers that do not agree on who decides.
    package static let flapping = Configuration(
        name: "flapping", purpose: "two reservations for one unit; two switches and two ways back, in any order",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, switches: 2, closings: [.release])

    /// Everything that lowers stock, while PostgreSQL decides.
    package static let postgresOrders = Configuration(
        name: "postgres-orders",
        purpose: "goods that are gone, a reservation and an order for the one unit; PostgreSQL decides for a while",
        supply: [1], operations: [.adjustment(0), .reservation(0), .order(0)], rebuilds: 1, switches: 1,
        cleansOrphans: false)

    /// An order uses a reservation and takes a unit beyond it, while PostgreSQL decides.
    package static let postgresReservedOrder = Configuration(
        name: "postgres-reserved-order",
        purpose: "an order uses a reservation and another unit, which a third wants; PostgreSQL decides for a while",
        supply: [2], operations: [.reservation(0), .order(0, using: 0), .reservation(0)], rebuilds: 1, switches: 1,
        givesUp: false, cleansOrphans: false, closings: [.release])

    /// A unit moves while PostgreSQL decides at one of its ends.
    package static let postgresTransfer = Configuration(
        name: "postgres-transfer",
        purpose:
            "a transfer between two vshards, a reservation at either end; PostgreSQL decides at one end for a while",
        supply: [1, 0], operations: [.transfer(from: 0, to: 1), .reservation(0), .reservation(1)], rebuilds: 1,
        switches: 1, closings: [.release])

    /// One of two vshards is PostgreSQL's.
    package static let mixedModes = Configuration(
        name: "mixed-modes",
        purpose: "a reservation over two vshards against one in the second; PostgreSQL decides for one of them a while",
        supply: [1, 1], operations: [.reservation(0, 1), .reservation(1)], rebuilds: 1, switches: 1,
        closings: [.release])

    /// Transactions that take their time.
    package static let fence = Configuration(
        name: "fence",
        purpose: "transactions of two steps against a switch and a way back; two reservations for one unit",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, switches: 1,
        splitsTransactions: true, closings: [.release])

    /// Units without a row, and settles that were missed.
    package static let reconcilers = Configuration(
        name: "reconcilers",
        purpose: "two reconcilers, each with what it read in Redis a while ago; a reservation, an order, a rebuild",
        supply: [1], operations: [.reservation(0), .order(0)], rebuilds: 1, restocks: 1, reconcilers: 2,
        cleansOrphans: false)

    /// Reconcilers that read a Redis of before.
    package static let reconcilerFailover = Configuration(
        name: "reconciler-failover",
        purpose: "two reconcilers read whatever primary they reach over a failover; two reservations for one unit",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, failovers: 1, reconcilers: 2,
        cleansOrphans: false)

    /// The alarm must not lie.
    package static let figureCheck = Configuration(
        name: "figure-check",
        purpose: "a server compares figures with books while both move; two reservations for one unit, a rebuild",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, checksFigures: true,
        closings: [.release])

    /// Two servers that do everything.
    package static let twoServers = Configuration(
        name: "two-servers",
        purpose: "two servers that both reserve, reconcile, switch and load; two reservations for one unit",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, switches: 1, reconcilers: 2,
        cleansOrphans: false, closings: [.release])

    /// A PostgreSQL that forgets.
    package static let restored = Configuration(
        name: "restored",
        purpose: "PostgreSQL goes back to an old copy while Redis and messages live on; two reservations for one unit",
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 1, restocks: 1, restores: 1,
        closings: [.release])
}
