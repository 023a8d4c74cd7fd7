import Domain
import PostgresClient

/// What plans and fulfilments use up of locations' days follows the units of an order, in the transaction that moves them.
///
/// A plan that is carried out books its days; units that are cancelled, wait, or are served from elsewhere give theirs back.
/// The row of each location and day is locked first, after the order and before cells, and a plan's booking is
/// compared with the capacity of that moment under the lock. So however many commit at once, on however many servers, no
/// day is booked beyond it by plans.
///
/// A fulfilment books what no plan has booked of its units, whatever is left of the day: somebody has decided that the
/// location sends them. What it gives up before that has left gives the day back, also where the units stay set aside.
enum DayCapacity {
    private static let bookings = PostgresStatement(
        "bookings_of_order",
        """
        SELECT b.plan_id, l.code, (b.day - date '1970-01-01')::int4, b.line_number, b.units, b.outside
        FROM sourcing_plan p JOIN sourcing_booking b ON b.plan_id = p.id JOIN location l ON l.id = b.location_id
        WHERE p.order_id = $1::uuid ORDER BY p.committed_at, b.plan_id, b.day, l.code, b.line_number
        """, access: .readOnly)
    private static let places = PostgresStatement(
        "places_of_order",
        """
        SELECT a.line_number, l.code, sum(a.open + a.delivered)::int8, sum(a.released + a.delivered)::int8
        FROM order_allocation a JOIN cell c ON c.id = a.cell_id JOIN location l ON l.id = c.location_id
        WHERE a.order_id = $1::uuid GROUP BY a.line_number, l.code
        """, access: .readOnly)
    private static let bookingsOfFulfilment = PostgresStatement(
        "bookings_of_fulfilment",
        """
        SELECT b.fulfilment_id, l.code, (b.day - date '1970-01-01')::int4, b.line_number, b.units, 0::int8
        FROM fulfilment_booking b JOIN fulfilment f ON f.id = b.fulfilment_id JOIN location l ON l.id = f.location_id
        WHERE b.fulfilment_id = $1::uuid ORDER BY b.line_number
        """, access: .readOnly)
    private static let open = PostgresStatement(
        "open_days",
        """
        INSERT INTO sourcing_day (location_id, day)
        SELECT l.id, date '1970-01-01' + n.day FROM unnest($1::text[], $2::int4[]) AS n(code, day)
        JOIN location l ON l.code = n.code ORDER BY l.id, n.day ON CONFLICT DO NOTHING
        """)
    private static let lock = PostgresStatement(
        "lock_days",
        """
        SELECT l.code, n.day, d.day::text, d.units, d.lines, d.orders, (s.document::json #>> '{capacity,units}')::int8,
            (s.document::json #>> '{capacity,lines}')::int8, (s.document::json #>> '{capacity,orders}')::int8
        FROM unnest($1::text[], $2::int4[]) AS n(code, day) JOIN location l ON l.code = n.code
        JOIN sourcing_day d ON d.location_id = l.id AND d.day = date '1970-01-01' + n.day
        LEFT JOIN location_sourcing s ON s.location_id = l.id
        ORDER BY d.location_id, d.day FOR UPDATE OF d
        """)
    private static let change = PostgresStatement(
        "change_days",
        """
        UPDATE sourcing_day d SET units = d.units + n.units, lines = d.lines + n.lines, orders = d.orders + n.orders
        FROM unnest($1::text[], $2::int4[], $3::int8[], $4::int8[], $5::int8[]) AS n(code, day, units, lines, orders)
        JOIN location l ON l.code = n.code WHERE d.location_id = l.id AND d.day = date '1970-01-01' + n.day
        """)
    private static let clock = PostgresStatement("day_clock", "SELECT clock_timestamp()", access: .readOnly)
    private static let lower = PostgresStatement(
        "lower_bookings",
        """
        UPDATE sourcing_booking b SET units = n.units, outside = n.outside
        FROM unnest($1::uuid[], $2::text[], $3::int4[], $4::int2[], $5::int8[], $6::int8[])
            AS n(plan, code, day, line, units, outside)
        JOIN location l ON l.code = n.code
        WHERE b.plan_id = n.plan AND b.location_id = l.id AND b.day = date '1970-01-01' + n.day
            AND b.line_number = n.line
        """)
    private static let book = PostgresStatement(
        "book_days",
        """
        INSERT INTO sourcing_booking (plan_id, location_id, day, line_number, units, outside)
        SELECT $1::uuid, l.id, date '1970-01-01' + n.day, n.line, n.units, n.outside
        FROM unnest($2::text[], $3::int4[], $4::int2[], $5::int8[], $6::int8[]) AS n(code, day, line, units, outside)
        JOIN location l ON l.code = n.code
        """)

    private static let lowerOfFulfilment = PostgresStatement(
        "lower_fulfilment_bookings",
        """
        UPDATE fulfilment_booking b SET units = n.units
        FROM unnest($1::uuid[], $2::int2[], $3::int8[]) AS n(fulfilment, line, units)
        WHERE b.fulfilment_id = n.fulfilment AND b.line_number = n.line
        """)
    private static let bookForFulfilments = PostgresStatement(
        "book_days_for_fulfilments",
        """
        INSERT INTO fulfilment_booking (fulfilment_id, line_number, day, units)
        SELECT n.fulfilment, n.line, date '1970-01-01' + n.day, n.units
        FROM unnest($1::uuid[], $2::int2[], $3::int4[], $4::int8[]) AS n(fulfilment, line, day, units)
        """)

    /// A location's day.
    private struct Day: Hashable {
        var location: String
        var day: Int32
    }

    /// What is used up more of a day, or less.
    private struct Use: Equatable {
        var units: Int64 = 0
        var lines: Int64 = 0
        var orders: Int64 = 0

        static func += (use: inout Use, other: Use) {
            use.units += other.units
            use.lines += other.lines
            use.orders += other.orders
        }
    }

    /// Units of a line that a plan of the order, or one of its fulfilments, has booked.
    private struct Booking: Hashable {
        /// The plan, or the fulfilment.
        var cause: PostgresUUID
        var place: Day
        var line: Int32
        var units: Int64
        /// Of a plan: units of the line that were there before, in no plan's booking.
        var outside: Int64

        /// How many of the line's units lie in it and under it, above the booking before.
        var layer: Int64 { outside + units }

        /// Makes a booking that is new.
        init(cause: PostgresUUID, place: Day, line: Int32, units: Int64, outside: Int64 = 0) {
            self.cause = cause
            self.place = place
            self.line = line
            self.units = units
            self.outside = outside
        }

        /// A booking as it was read.
        init(row: PostgresRow) throws {
            cause = try row.uuid(0)
            place = Day(location: try row.text(1), day: try row.int32(2))
            line = Int32(try row.int16(3))
            units = try row.int64(4)
            outside = try row.int64(5)
        }
    }

    /// A line at a location.
    private struct Spot: Hashable {
        var location: String
        var line: Int32
    }

    /// Units of a line at a location, before a change and after it.
    private struct Units {
        /// All of them, those that have left too.
        var before: Int64 = 0
        var after: Int64 = 0
        /// Those that a fulfilment had or has, or that have left.
        var givenBefore: Int64 = 0
        var given: Int64 = 0
        /// Those that the plan books which is carried out now.
        var booked: Int64 = 0
        /// Those that a fulfilment gives up and had booked itself.
        var own: Int64 = 0
    }

    /// Books what a change of an order carries out, and gives back what its units no longer need.
    ///
    /// - Parameter work: the change, with all units moved.
    /// - Returns: the steps that write it; none where the change concerns no day.
    /// - Throws: `Refusal.wrongState` where a day is full or over.
    static func follow(_ work: OrderWork) throws -> [LedgerStep] {
        let givesBack = work.allocations.contains { $0.kept < $0.before || $0.given < $0.givenBefore }
        guard work.commitment != nil || givesBack || !work.dispatches.isEmpty else { return [] }
        var reading: [LedgerStep] = [(bookings, [.uuid(PostgresUUID(work.head.id))])]
        if let fulfilment = work.stepping { reading.append((bookingsOfFulfilment, [.uuid(PostgresUUID(fulfilment))])) }
        let read = try work.connection.pipeline(reading)
        let planned = try read[0].map { try Booking(row: $0) }
        let given = try read.dropFirst().joined().map { try Booking(row: $0) }
        var units = units(of: work)
        let kept = given.map { booking in
            var booking = booking
            let spot = Spot(location: booking.place.location, line: booking.line)
            let part = min(booking.units, max(0, (units[spot]?.givenBefore ?? 0) - (units[spot]?.given ?? 0)))
            booking.units -= part
            units[spot]?.own += part
            return booking
        }
        let after = lowered(planned, by: units)
        let committed = added(to: after, by: work, units)
        let released = released(by: work, over: after, units)
        // Days that a plan books are looked at, though nothing may change of them: whoever plans anew may book the same.
        var uses = committed.reduce(into: [Day: Use]()) { $0[$1.place] = Use() }
        for (day, use) in use(of: planned + given, sign: -1) { uses[day, default: Use()] += use }
        for (day, use) in use(of: after + committed + kept + released, sign: 1) { uses[day, default: Use()] += use }
        uses = uses.filter { day, use in use != Use() || committed.contains { $0.place == day } }
        return try locking(uses, work)
            + writing(
                uses, lowered: changed(planned, after), committed: committed, loweredOfFulfilment: changed(given, kept),
                released: released)
    }

    private static func changed(_ before: [Booking], _ after: [Booking]) -> [Booking] {
        zip(before, after).filter { $0 != $1 }.map(\.1)
    }

    /// The steps that read what ``bookedAnew(_:)`` tells.
    static func reading(_ order: EntityID) -> [LedgerStep] {
        let order = PostgresValue.uuid(PostgresUUID(order))
        return [(bookings, [order]), (places, [order])]
    }

    /// What an order has booked for units that no fulfilment has: who carries a plan of the order out gives it back, and
    /// books what the plan sends.
    ///
    /// - Parameter read: what the steps of ``reading(_:)`` returned.
    /// - Returns: what is given back, by location and by day since 1970-01-01.
    /// - Throws: what cannot be read.
    static func bookedAnew(_ read: ArraySlice<PostgresRows>) throws -> [String: [Int: SourcingLocationFacts.Booking]] {
        let rows = Array(read)
        let before = try rows[0].map { try Booking(row: $0) }
        var units: [Spot: Units] = [:]
        for row in rows[1] {
            let given = try row.int64(3)
            units[Spot(location: try row.text(1), line: Int32(try row.int16(0)))] = Units(
                before: try row.int64(2), after: given, givenBefore: given, given: given)
        }
        var uses = use(of: before, sign: 1)
        for (day, use) in use(of: lowered(before, by: units), sign: -1) { uses[day, default: Use()] += use }
        return uses.reduce(into: [:]) { anew, entry in
            anew[entry.key.location, default: [:]][Int(entry.key.day)] = SourcingLocationFacts.Booking(
                units: entry.value.units, lines: entry.value.lines, orders: entry.value.orders)
        }
    }

    private static func writing(
        _ uses: [Day: Use], lowered: [Booking], committed: [Booking], loweredOfFulfilment: [Booking],
        released: [Booking]
    ) -> [LedgerStep] {
        var steps: [LedgerStep] = []
        if !uses.isEmpty {
            let places = uses.sorted { ($0.key.location, $0.key.day) < ($1.key.location, $1.key.day) }
            steps.append(
                (
                    change,
                    [
                        .texts(places.map(\.key.location)), .int32s(places.map(\.key.day)),
                        .int64s(places.map(\.value.units)), .int64s(places.map(\.value.lines)),
                        .int64s(places.map(\.value.orders)),
                    ]
                ))
        }
        func causes(_ bookings: [Booking]) -> PostgresValue { .uuids(bookings.map(\.cause)) }
        func lines(_ bookings: [Booking]) -> PostgresValue { .int16s(bookings.map { Int16($0.line) }) }
        func days(_ bookings: [Booking]) -> PostgresValue { .int32s(bookings.map(\.place.day)) }
        func units(_ bookings: [Booking]) -> PostgresValue { .int64s(bookings.map(\.units)) }
        func columns(_ bookings: [Booking]) -> [PostgresValue] {
            [
                .texts(bookings.map(\.place.location)), days(bookings), lines(bookings), units(bookings),
                .int64s(bookings.map(\.outside)),
            ]
        }
        if !lowered.isEmpty { steps.append((lower, [causes(lowered)] + columns(lowered))) }
        if let first = committed.first { steps.append((book, [.uuid(first.cause)] + columns(committed))) }
        if !loweredOfFulfilment.isEmpty {
            let lowered = loweredOfFulfilment
            steps.append((lowerOfFulfilment, [causes(lowered), lines(lowered), units(lowered)]))
        }
        if !released.isEmpty {
            steps.append((bookForFulfilments, [causes(released), lines(released), days(released), units(released)]))
        }
        return steps
    }

    /// What bookings use up of each day, or give back with the sign -1.
    private static func use(of bookings: [Booking], sign: Int64) -> [Day: Use] {
        var uses: [Day: Use] = [:]
        var causes: [Day: Set<PostgresUUID>] = [:]
        for booking in bookings where booking.units > 0 {
            let isFirst = causes[booking.place, default: []].insert(booking.cause).inserted
            uses[booking.place, default: Use()] += Use(
                units: sign * booking.units, lines: sign, orders: isFirst ? sign : 0)
        }
        return uses
    }

    /// The units of each line at each location.
    private static func units(of work: OrderWork) -> [Spot: Units] {
        var units: [Spot: Units] = [:]
        for allocation in work.allocations {
            let spot = Spot(location: allocation.location, line: allocation.line)
            units[spot, default: Units()].before += allocation.before
            units[spot, default: Units()].after += allocation.kept
            units[spot, default: Units()].givenBefore += allocation.givenBefore
            units[spot, default: Units()].given += allocation.given
        }
        for booking in work.commitment?.bookings ?? [] {
            for (line, part) in booking.parts {
                units[Spot(location: booking.location, line: line), default: Units()].booked += part
            }
        }
        return units
    }

    /// What bookings still stand for, now that some of the units have left them.
    ///
    /// Units of a line at a location lie in layers, in the order in which they came to be there: for each plan what was in
    /// no booking, then what it has booked; what came after the last plan is on top. What has left lies at the bottom, over
    /// it what fulfilments have, then what is free: a plan takes all that is free. Units that no fulfilment has go from the
    /// top, and so do those that a new plan books anew; what a fulfilment gives up goes from the top of what those have, but
    /// what it had booked itself is in no plan's booking: it goes from between them, and lies on top where it stays.
    private static func lowered(_ bookings: [Booking], by units: [Spot: Units]) -> [Booking] {
        var bookings = bookings
        for (spot, units) in units {
            let indices = bookings.indices.filter {
                bookings[$0].place.location == spot.location && bookings[$0].line == spot.line
            }
            var units = units
            var gone = units.before - (units.after - units.booked)
            guard !indices.isEmpty, gone > 0 || units.own > 0 else { continue }
            takeOwn(&units, &gone, outOf: &bookings, at: indices)
            let fromGiven = min(gone, max(0, units.givenBefore - units.given))
            var bottom: Int64 = 0
            /// How many of the next so many units have gone.
            func leaving(of count: Int64) -> Int64 {
                let layer = bottom..<(bottom + count)
                bottom += count
                let given = (units.givenBefore - fromGiven)..<units.givenBefore
                let free = max(units.givenBefore, units.before - (gone - fromGiven))..<max(units.before, bottom)
                return Int64(layer.clamped(to: given).count + layer.clamped(to: free).count)
            }
            for index in indices {
                bookings[index].outside -= leaving(of: bookings[index].outside)
                bookings[index].units -= leaving(of: bookings[index].units)
            }
        }
        return bookings
    }

    /// Takes what a fulfilment gives up of what it has booked itself out of the layers: what is given lies between plans'
    /// bookings, the last of it on top.
    private static func takeOwn(
        _ units: inout Units, _ gone: inout Int64, outOf bookings: inout [Booking], at indices: [Int]
    ) {
        let isGone = min(units.own, gone)
        var rest = units.own - max(0, units.givenBefore - indices.reduce(0) { $0 + bookings[$1].layer })
        var bottom = indices.reduce(0) { $0 + bookings[$1].layer }
        for index in indices.reversed() where rest > 0 {
            bottom -= bookings[index].layer
            let part = min(rest, bookings[index].outside, max(0, units.givenBefore - bottom))
            bookings[index].outside -= part
            rest -= part
        }
        units.before -= isGone
        gone -= isGone
        units.givenBefore -= units.own
    }

    /// What fulfilments that are made now have of units that no plan has booked, on the days on which they leave.
    ///
    /// What is given lies at the bottom of the layers: so do the units that a release gives, on top of those before.
    private static func released(by work: OrderWork, over bookings: [Booking], _ units: [Spot: Units]) -> [Booking] {
        var released: [Booking] = []
        for (spot, units) in units where units.given > units.givenBefore {
            guard let dispatch = work.dispatches[spot.location] else { continue }
            let given = units.givenBefore..<units.given
            var bottom: Int64 = 0
            var planned: Int64 = 0
            for booking in bookings where booking.place.location == spot.location && booking.line == spot.line {
                let layer = (bottom + booking.outside)..<(bottom + booking.layer)
                planned += Int64(layer.clamped(to: given).count)
                bottom += booking.layer
            }
            let own = units.given - units.givenBefore - planned
            guard own > 0 else { continue }
            released.append(
                Booking(
                    cause: PostgresUUID(dispatch.fulfilment), place: Day(location: spot.location, day: dispatch.day),
                    line: spot.line, units: own))
        }
        return released
    }

    /// What the plan books that is carried out now, over what the order has there in no booking.
    private static func added(
        to bookings: [Booking], by work: OrderWork, _ units: [Spot: Units]
    ) -> [Booking] {
        guard let commitment = work.commitment else { return [] }
        var known: [Spot: Int64] = [:]
        for booking in bookings {
            known[Spot(location: booking.place.location, line: booking.line), default: 0] +=
                booking.units + booking.outside
        }
        return commitment.bookings.flatMap { booking in
            booking.parts.sorted { $0.key < $1.key }.map { line, part in
                let spot = Spot(location: booking.location, line: line)
                let all = units[spot] ?? Units()
                let outside = max(0, all.after - all.booked - known[spot, default: 0])
                known[spot, default: 0] += outside
                return Booking(
                    cause: PostgresUUID(commitment.plan),
                    place: Day(location: booking.location, day: Int32(clamping: booking.day)), line: line, units: part,
                    outside: outside)
            }
        }
    }

    /// Locks days, and refuses to book by a plan one that is over, and more than a day's capacity.
    ///
    /// - Returns: steps that are to lock them; none where they are locked. A release and its inverse lock no cell behind the
    ///   days and compare nothing: they lock them with what they write, so that nobody waits for a round trip of theirs.
    private static func locking(_ uses: [Day: Use], _ work: OrderWork) throws -> [LedgerStep] {
        guard !uses.isEmpty else { return [] }
        let places = uses.keys.sorted { ($0.location, $0.day) < ($1.location, $1.day) }
        let values: [PostgresValue] = [.texts(places.map(\.location)), .int32s(places.map(\.day))]
        let locking: [LedgerStep] = [(open, values), (lock, values)]
        if work.commitment == nil && work.cellEffects.isEmpty { return locking }
        try check(uses, work, try work.connection.pipeline(locking + [(clock, [])]))
        return []
    }

    private static func check(_ uses: [Day: Use], _ work: OrderWork, _ read: [PostgresRows]) throws {
        guard let commitment = work.commitment else { return }
        func outdated(_ explanation: String) -> Refusal {
            .wrongState(
                .sourcingPlan, commitment.plan.description, state: "outdated", explanation: "\(explanation): plan again"
            )
        }
        let now = Instant(microseconds: try read[2].single.timestamp(0))
        for booking in commitment.bookings where booking.dayEnd <= now {
            throw outdated("\(booking.location) was to send on a day that is over there")
        }
        guard commitment.keepsCapacity else { return }
        for row in read[1] {
            let place = Day(location: try row.text(0), day: try row.int32(1))
            guard let use = uses[place] else { continue }
            let measures: [(name: String, more: Int64, used: Int64, capacity: Int64?)] = [
                ("units", use.units, try row.int64(3), try row.int64OrNil(6)),
                ("lines", use.lines, try row.int64(4), try row.int64OrNil(7)),
                ("orders", use.orders, try row.int64(5), try row.int64OrNil(8)),
            ]
            for (name, more, used, capacity) in measures {
                guard let capacity, more > 0, used + more > capacity else { continue }
                throw outdated(
                    "\(place.location) has \(max(0, capacity - used)) of \(capacity) \(name) left on "
                        + "\(try row.text(2)), the plan takes \(more)")
            }
        }
    }
}
