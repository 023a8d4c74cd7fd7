import Replay
import ReplayDriver
import Testing

@Suite("The time of Britain's clocks")
struct BritishTimeTests {
    @Test(
        "is UTC in winter and an hour ahead in summer",
        arguments: [
            ("2010-12-01 08:26:00", "2010-12-01 08:26:00"),
            ("2011-03-27 00:59:59", "2011-03-27 00:59:59"),
            ("2011-03-27 02:00:00", "2011-03-27 01:00:00"),
            ("2011-07-01 12:00:00", "2011-07-01 11:00:00"),
            ("2011-10-30 00:59:59", "2011-10-29 23:59:59"),
            ("2011-10-30 02:00:00", "2011-10-30 02:00:00"),
            ("2011-12-31 23:59:59", "2011-12-31 23:59:59"),
            ("2024-03-31 02:00:00", "2024-03-31 01:00:00"),
            ("2024-10-27 00:00:00", "2024-10-26 23:00:00"),
            ("2024-10-27 02:00:00", "2024-10-27 02:00:00"),
        ])
    func convertsWallClockToUTC(wall: String, utc: String) throws {
        let shown = try #require(WallClock(text: ArraySlice(wall.utf8)))
        let expected = try #require(WallClock(text: ArraySlice(utc.utf8)))
        #expect(BritishTime.secondsUTC(of: shown) == expected.seconds)
    }

    @Test("takes the hour that comes twice as the first, and the hour that is left out as winter time")
    func decidesTheOddHours() throws {
        let twice = try #require(WallClock(year: 2011, month: 10, day: 30, hour: 1, minute: 30))
        #expect(BritishTime.secondsUTC(of: twice) == twice.seconds - 3_600)
        let never = try #require(WallClock(year: 2011, month: 3, day: 27, hour: 1, minute: 30))
        #expect(BritishTime.secondsUTC(of: never) == never.seconds)
    }
}
