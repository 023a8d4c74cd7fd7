import Domain

/// The days on which a location sends goods out, as its own calendar and clocks tell them.
struct DispatchDays {
    private let location: SourcingLocation
    /// Days on which what is ordered now can be worked, in order.
    private let days: [CivilDate]
    /// The day that the location's calendar shows at the moment of planning.
    let today: CivilDate
    /// True where today is worked, but its cut-off has passed.
    let missedToday: Bool

    /// Looks at the days from the moment of planning to so many days later.
    ///
    /// A day counts where the moment lies before its cut-off; at the cut-off it is too late.
    init(_ location: SourcingLocation, zone: ZoneRules, at moment: Instant, within: Int) {
        self.location = location
        let today = zone.date(at: moment)
        self.today = today
        var days: [CivilDate] = []
        var missedToday = false
        for offset in 0...max(0, within) {
            let day = CivilDate(days: today.days + offset)
            guard let cutOff = location.cutOff(on: day) else { continue }
            if moment < zone.first(day, cutOff) {
                days.append(day)
            } else if offset == 0 {
                missedToday = true
            }
        }
        self.days = days
        self.missedToday = missedToday
    }

    /// The first day after so many worked days of preparation; nil where it lies beyond the days allowed.
    func first(leadDays: Int) -> CivilDate? {
        leadDays < days.count ? days[leadDays] : nil
    }

    /// The first day, from one on, with some capacity of every kind left; nil where there is none.
    func firstFree(from ready: CivilDate) -> CivilDate? {
        days.first { day in
            guard day >= ready else { return false }
            let room = room(on: day)
            return [room.units, room.lines, room.orders].allSatisfy { $0.map { $0 > 0 } ?? true }
        }
    }

    /// What is left of a day's capacity, at least 0.
    func room(on day: CivilDate) -> SourcingLocation.Capacity {
        let booked = location.booked[day]
        func left(_ capacity: Int64?, _ booked: Int64?) -> Int64? { capacity.map { max(0, $0 - (booked ?? 0)) } }
        return SourcingLocation.Capacity(
            units: left(location.capacity.units, booked?.units), lines: left(location.capacity.lines, booked?.lines),
            orders: left(location.capacity.orders, booked?.orders))
    }

    /// What of a day's capacity is still free of pressure, which begins at a share of it.
    func free(on day: CivilDate, percent: Int64) -> SourcingLocation.Capacity {
        let booked = location.booked[day]
        func left(_ capacity: Int64?, _ booked: Int64?) -> Int64? {
            capacity.map { max(0, Int64(Int128($0) * Int128(percent) / 100) - (booked ?? 0)) }
        }
        return SourcingLocation.Capacity(
            units: left(location.capacity.units, booked?.units), lines: left(location.capacity.lines, booked?.lines),
            orders: left(location.capacity.orders, booked?.orders))
    }
}
