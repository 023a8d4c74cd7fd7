import Testing
import Torture

@Suite("Times without load")
struct ExactnessCheckTests {
    @Test("one that did not become exact is found, with what differed; others are not")
    func late() {
        let quiets = [
            QuietRecord(healed: 0, began: 1, exact: 5, differences: []),
            QuietRecord(healed: 10, began: 11, exact: nil, differences: ["MUG@DC: PostgreSQL 3, Redis nothing"]),
        ]
        let found = ExactnessCheck.violations(of: quiets, within: 60)
        #expect(found.map(\.kind) == [.notExact])
        #expect(found.first?.moment == 11)
        #expect(found.first?.story.contains("MUG@DC: PostgreSQL 3, Redis nothing") == true)
        #expect(ExactnessCheck.violations(of: [quiets[0]], within: 60).isEmpty)
    }
}
