import Domain
import Sourcing
import Testing

@Suite("Days, clocks and distances")
struct TimeTests {
    private func dispatch(
        at moment: String, zone: String, cutOff: String, days: Set<Weekday> = Set(Weekday.allCases)
    ) throws -> String? {
        var example = try Example()
        example.problem.order.at = try Example.moment(moment)
        example.problem.locations[1].isActive = false
        example.problem.locations[0].timeZone = zone
        example.problem.locations[0].hours = [.init(days: days, cutOff: try #require(ClockTime(cutOff)))]
        let day = try example.plan().shipments.first?.dispatch.description
        let rules = try #require(ZoneRules.system(zone, around: example.problem.order.at))
        #expect(example.problem.locations[0].dispatch(at: example.problem.order.at, zone: rules).description == day)
        return day
    }

    @Test("What a location is given leaves after its lead time, however full the day; where no day is worked, today")
    func given() throws {
        let moment = try Example.moment("2026-11-27T09:00:00Z")
        let rules = try #require(ZoneRules.system("", around: moment))
        var location = SourcingLocation(code: "DC", country: "GB")
        location.hours = [.init(days: [.monday, .friday], cutOff: try #require(ClockTime("16:00")))]
        location.leadDays = 1
        location.capacity = .init(units: 1)
        location.booked[try #require(CivilDate("2026-11-30"))] = .init(units: 1, lines: 1, orders: 1)
        #expect(location.dispatch(at: moment, zone: rules).description == "2026-11-30")
        location.hours = [.init(days: [], cutOff: try #require(ClockTime("16:00")))]
        #expect(location.dispatch(at: moment, zone: rules).description == "2026-11-27")
    }

    @Test(
        "What is ordered before the cut-off leaves the same day, what is ordered at it the next",
        arguments: [
            ("2026-11-23T15:59:59.999999Z", "2026-11-23"), ("2026-11-23T16:00:00Z", "2026-11-24"),
        ])
    func cutOff(moment: String, day: String) throws {
        #expect(try dispatch(at: moment, zone: "Europe/London", cutOff: "16:00") == day)
    }

    @Test(
        "The day and the cut-off are those of the location's clocks",
        arguments: [
            // 23:30 on Monday in London is 05:00 on Tuesday in Kolkata and 18:30 on Monday in New York.
            ("2026-11-23T23:30:00Z", "Asia/Kolkata", "05:00", "2026-11-25"),
            ("2026-11-23T23:30:00Z", "Asia/Kolkata", "05:01", "2026-11-24"),
            ("2026-11-23T23:30:00Z", "America/New_York", "18:30", "2026-11-24"),
            ("2026-11-23T23:30:00Z", "America/New_York", "18:31", "2026-11-23"),
            ("2026-11-23T23:59:59Z", "", "24:00", "2026-11-23"),
            ("2026-11-24T00:00:00Z", "", "24:00", "2026-11-24"),
            ("2026-11-23T12:00:00Z", "", "00:00", "2026-11-24"),
        ])
    func zones(moment: String, zone: String, cutOff: String, day: String) throws {
        #expect(try dispatch(at: moment, zone: zone, cutOff: cutOff) == day)
    }

    @Test(
        "A cut-off that clocks show twice counts the first time, one that they skip as they skip it",
        arguments: [
            // London, 25 October 2026: 02:00 becomes 01:00 at 01:00 UTC. 01:30 is first 00:30 UTC.
            ("2026-10-25T00:29:59Z", "01:30", "2026-10-25"), ("2026-10-25T00:30:00Z", "01:30", "2026-10-26"),
            ("2026-10-25T01:10:00Z", "01:30", "2026-10-26"),
            // 02:00 itself is first shown at 02:00 UTC: at 01:00 UTC the clocks go back before they strike it.
            ("2026-10-25T01:59:59Z", "02:00", "2026-10-25"), ("2026-10-25T02:00:00Z", "02:00", "2026-10-26"),
            // London, 29 March 2026: 01:00 becomes 02:00 at 01:00 UTC. 01:30 is skipped there.
            ("2026-03-29T00:59:59Z", "01:30", "2026-03-29"), ("2026-03-29T01:00:00Z", "01:30", "2026-03-30"),
            // The same wall-clock cut-off is an hour earlier in UTC once summer time holds.
            ("2026-03-28T15:59:59Z", "16:00", "2026-03-28"), ("2026-03-29T15:00:00Z", "16:00", "2026-03-30"),
        ])
    func daylightSaving(moment: String, cutOff: String, day: String) throws {
        #expect(try dispatch(at: moment, zone: "Europe/London", cutOff: cutOff) == day)
    }

    @Test("Days that are not worked, holidays and lead times are passed over")
    func calendar() throws {
        let weekdays: Set<Weekday> = [.monday, .tuesday, .wednesday, .thursday, .friday]
        #expect(try dispatch(at: "2026-11-28T09:00:00Z", zone: "", cutOff: "16:00", days: weekdays) == "2026-11-30")
        var example = try Example()
        example.problem.locations[1].isActive = false
        example.problem.locations[0].kind = .supplier
        example.problem.locations[0].leadDays = 3
        example.problem.locations[0].hours = [.init(days: weekdays, cutOff: .endOfDay)]
        example.problem.locations[0].closed = [try #require(CivilDate("2026-11-26"))]
        // Monday is today; Tuesday, Wednesday and Friday are three worked days.
        #expect(try example.plan().shipments.first?.dispatch.description == "2026-11-27")
        #expect(try example.plan().shipments.first?.arrival.description == "2026-11-29")
        example.problem.config.services[0].deliveryDays = weekdays
        #expect(try example.plan().shipments.first?.arrival.description == "2026-12-01")
    }

    @Test(
        "Dates are read and written as they are, and only those that exist",
        arguments: ["1970-01-01", "2000-02-29", "2024-12-31", "2026-10-25", "9999-12-30", "1582-10-15"])
    func dates(text: String) throws {
        let date = try #require(CivilDate(text))
        #expect(date.description == text)
        #expect(CivilDate(date.next.description) == date.next)
    }

    @Test(
        "No other text is a date",
        arguments: ["", "2026-02-29", "2026-13-01", "2026-1-1", "26-01-01", "2026-01-00", "2026-01-01Z"])
    func noDates(text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test(
        "Weekdays are known before and after 1970",
        arguments: [("2026-11-23", Weekday.monday), ("1969-12-31", .wednesday), ("1970-01-01", .thursday)])
    func weekdays(text: String, day: Weekday) throws {
        #expect(try #require(CivilDate(text)).weekday == day)
    }

    @Test("A zone that nobody knows has no rules, and an empty name is UTC")
    func systemZones() throws {
        let moment = try Example.moment("2026-11-23T10:00:00Z")
        #expect(ZoneRules.system("Mars/Olympus", around: moment) == nil)
        #expect(ZoneRules.system("", around: moment)?.spans.map(\.offset) == [0])
        let london = try #require(ZoneRules.system("Europe/London", around: try Example.moment("2026-10-20T00:00:00Z")))
        #expect(london.spans.map(\.offset) == [3_600, 0])
        #expect(london.spans.last?.start == 1_792_890_000)
    }

    @Test("Distances are those of the great circle")
    func distances() throws {
        let paris = try #require(Coordinate(latitude: 48_856_600, longitude: 2_352_200))
        let london = try #require(Coordinate(latitude: 51_507_400, longitude: -127_800))
        #expect(abs(paris.metres(to: london) - 343_556) < 10)
        #expect(paris.metres(to: paris) == 0)
        #expect(paris.metres(to: london) == london.metres(to: paris))
        let pole = try #require(Coordinate(latitude: 90_000_000, longitude: 0))
        let other = try #require(Coordinate(latitude: -90_000_000, longitude: 77_000_000))
        // Half the circumference: pi x 6,371,008.8 m.
        #expect(pole.metres(to: other) == 20_015_114)
        #expect(Coordinate(latitude: 90_000_001, longitude: 0) == nil)
        #expect(Coordinate(latitude: 0, longitude: -180_000_001) == nil)
    }
}
