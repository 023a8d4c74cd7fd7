import Replay
import Testing

@Suite("When goods leave")
struct DispatchRuleTests {
    private func leaving(_ rule: DispatchRule, _ text: String) throws -> String {
        let moment = try #require(WallClock(text: ArraySlice(text.utf8)))
        return rule.leaving(placedAt: moment).description
    }

    @Test(
        "they leave at the end of the next working day",
        arguments: [
            // 2010-12-01 was a Wednesday.
            ("2010-12-01 08:26:00", "2010-12-02 18:00:00"), ("2010-12-01 23:59:59", "2010-12-02 18:00:00"),
            ("2010-12-03 10:00:00", "2010-12-06 18:00:00"), ("2010-12-04 10:00:00", "2010-12-06 18:00:00"),
            ("2010-12-05 10:00:00", "2010-12-06 18:00:00"), ("2010-12-31 10:00:00", "2011-01-03 18:00:00"),
            ("1969-12-31 10:00:00", "1970-01-01 18:00:00"),
        ])
    func nextWorkingDay(placed: String, leaves: String) throws {
        #expect(try leaving(DispatchRule(), placed) == leaves)
    }

    @Test(
        "with no day between they leave the same day, if it is not over",
        arguments: [
            ("2010-12-01 08:26:00", "2010-12-01 12:00:00"), ("2010-12-01 12:00:00", "2010-12-01 12:00:00"),
            ("2010-12-01 12:00:01", "2010-12-02 12:00:00"), ("2010-12-03 13:00:00", "2010-12-06 12:00:00"),
            ("2010-12-04 09:00:00", "2010-12-06 12:00:00"),
        ])
    func sameDay(placed: String, leaves: String) throws {
        #expect(try leaving(DispatchRule(hour: 12, workingDays: 0), placed) == leaves)
    }
}
