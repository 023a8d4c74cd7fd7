extension Configuration {
    /// Every configuration, in the order in which they build on each other.
    package static let all: [Configuration] = [
        .oneCell, .failover, .restarts, .twoRebuilds, .spanning, .twoSpanning, .directPlace, .spanningOrder,
        .reservedOrder, .transfer, .adjustment, .threeAttempts,
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
        supply: [1], operations: [.reservation(0), .reservation(0)], rebuilds: 2, loadsInTwoCalls: true)

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
}
