import Domain
import PostgresClient

/// What committed plans use up of locations' days follows the units of an order, in the transaction that moves them.
///
/// A plan that is carried out books its days; units that are cancelled, wait, or are served from elsewhere give theirs back.
/// Either way the row of each location and day is locked first, after the order and before cells, and a booking is
/// compared with the capacity of that moment under the lock. So however many commit at once, on however many servers, no
/// day is booked beyond it.
enum DayCapacity {
    private static let bookings = PostgresStatement(
        "bookings_of_order",
        """
        SELECT b.plan_id, l.code, (b.day - date '1970-01-01')::int4, b.units, b.lines
        FROM sourcing_plan p JOIN sourcing_booking b ON b.plan_id = p.id JOIN location l ON l.id = b.location_id
        WHERE p.order_id = $1::uuid ORDER BY p.committed_at DESC, b.plan_id, l.code, b.day
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
    private static let lower = PostgresStatement(
        "lower_bookings",
        """
        WITH n AS (
            SELECT n.plan, l.id AS location, date '1970-01-01' + n.day AS day, n.units, n.lines
            FROM unnest($1::uuid[], $2::text[], $3::int4[], $4::int8[], $5::int8[]) AS n(plan, code, day, units, lines)
            JOIN location l ON l.code = n.code
        ), e AS (
            DELETE FROM sourcing_booking b USING n
            WHERE n.units = 0 AND b.plan_id = n.plan AND b.location_id = n.location AND b.day = n.day
        )
        UPDATE sourcing_booking b SET units = n.units, lines = n.lines FROM n
        WHERE n.units > 0 AND b.plan_id = n.plan AND b.location_id = n.location AND b.day = n.day
        """)
    private static let book = PostgresStatement(
        "book_days",
        """
        INSERT INTO sourcing_booking (plan_id, location_id, day, units, lines)
        SELECT $1::uuid, l.id, date '1970-01-01' + n.day, n.units, n.lines
        FROM unnest($2::text[], $3::int4[], $4::int8[], $5::int8[]) AS n(code, day, units, lines)
        JOIN location l ON l.code = n.code
        """)

    /// A location's day.
    private struct Day: Hashable {
        var location: String
        var day: Int32
    }

    /// What is used up more of a day, or less.
    private struct Use {
        var units: Int64 = 0
        var lines: Int64 = 0
        var orders: Int64 = 0

        static func += (use: inout Use, other: Use) {
            use.units += other.units
            use.lines += other.lines
            use.orders += other.orders
        }
    }

    /// A booking that a plan of the order has left.
    private struct Booking {
        var plan: PostgresUUID
        var place: Day
        var units: Int64
        var lines: Int64
    }

    /// Books what a change of an order carries out, and gives back what its units no longer need.
    ///
    /// - Parameter work: the change, with all units moved.
    /// - Returns: the steps that write it; none where the change concerns no day.
    /// - Throws: `Refusal.wrongState` where a day is full.
    static func follow(_ work: OrderWork) throws -> [LedgerStep] {
        let givesBack = work.allocations.contains { $0.kept < $0.before }
        guard work.commitment != nil || givesBack else { return [] }
        let rows = try work.connection.execute(bookings, [.uuid(PostgresUUID(work.head.id))])
        let before = try rows.map { row in
            Booking(
                plan: try row.uuid(0), place: Day(location: try row.text(1), day: try row.int32(2)),
                units: try row.int64(3), lines: try row.int64(4))
        }
        let new = work.commitment?.bookings ?? []
        var uses: [Day: Use] = [:]
        for booking in new {
            let use = Use(units: booking.units, lines: booking.lines, orders: 1)
            uses[Day(location: booking.location, day: Int32(clamping: booking.day)), default: Use()] += use
        }
        let lowered = lowered(before, beside: new, in: work)
        for (index, booking) in lowered {
            uses[booking.place, default: Use()] += Use(
                units: booking.units - before[index].units, lines: booking.lines - before[index].lines,
                orders: booking.units == 0 ? -1 : 0)
        }
        guard !uses.isEmpty else { return [] }
        try check(uses, work)
        let places = uses.sorted { ($0.key.location, $0.key.day) < ($1.key.location, $1.key.day) }
        var steps: [LedgerStep] = [
            (
                change,
                [
                    .texts(places.map(\.key.location)), .int32s(places.map(\.key.day)),
                    .int64s(places.map(\.value.units)), .int64s(places.map(\.value.lines)),
                    .int64s(places.map(\.value.orders)),
                ]
            )
        ]
        if !lowered.isEmpty {
            let left = lowered.map(\.booking)
            steps.append(
                (
                    lower,
                    [
                        .uuids(left.map(\.plan)), .texts(left.map(\.place.location)), .int32s(left.map(\.place.day)),
                        .int64s(left.map(\.units)), .int64s(left.map(\.lines)),
                    ]
                ))
        }
        if let commitment = work.commitment, !new.isEmpty {
            steps.append(
                (
                    book,
                    [
                        .uuid(PostgresUUID(commitment.plan)), .texts(new.map(\.location)),
                        .int32s(new.map { Int32(clamping: $0.day) }), .int64s(new.map(\.units)),
                        .int64s(new.map(\.lines)),
                    ]
                ))
        }
        return steps
    }

    /// The bookings that stand for more than the order still has at their location, with what is left of them.
    ///
    /// The plan that was carried out last keeps its units first.
    private static func lowered(
        _ bookings: [Booking], beside new: [SourcingCommitment.Booking], in work: OrderWork
    ) -> [(index: Int, booking: Booking)] {
        var left: [String: [Int32: Int64]] = [:]
        for allocation in work.allocations {
            left[allocation.location, default: [:]][allocation.line, default: 0] += allocation.kept
        }
        for booking in new {
            for (line, units) in booking.parts { left[booking.location, default: [:]][line, default: 0] -= units }
        }
        var lowered: [(index: Int, booking: Booking)] = []
        for (index, booking) in bookings.enumerated() {
            var rest = booking.units
            var lines: Int64 = 0
            for (line, there) in (left[booking.place.location] ?? [:]).sorted(by: { $0.key < $1.key })
            where there > 0 && rest > 0 {
                let part = min(rest, there)
                left[booking.place.location]?[line] = there - part
                rest -= part
                lines += 1
            }
            let kept = booking.units - rest
            let keptLines = kept == 0 ? 0 : min(booking.lines, max(1, lines))
            guard kept != booking.units || keptLines != booking.lines else { continue }
            var smaller = booking
            smaller.units = kept
            smaller.lines = keptLines
            lowered.append((index, smaller))
        }
        return lowered
    }

    /// Locks days and refuses what would be more than their capacity.
    private static func check(_ uses: [Day: Use], _ work: OrderWork) throws {
        let places = uses.keys.sorted { ($0.location, $0.day) < ($1.location, $1.day) }
        let values: [PostgresValue] = [.texts(places.map(\.location)), .int32s(places.map(\.day))]
        let read = try work.connection.pipeline([(open, values), (lock, values)])
        guard let commitment = work.commitment, commitment.keepsCapacity else { return }
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
                throw Refusal.wrongState(
                    .sourcingPlan, commitment.plan.description, state: "outdated",
                    explanation: "\(place.location) has \(max(0, capacity - used)) of \(capacity) \(name) left on "
                        + "\(try row.text(2)), the plan takes \(more): plan again")
            }
        }
    }
}
