import HoldfastAPI
import SwiftProtobuf
import Testing
import Torture

@Suite("Books of a deployment that others use")
struct BooksCheckTests {
    private let sums: [(WritableKeyPath<Holdfast_V1_CheckBooksResponse, Int64>, Violation.Kind)] = [
        (\.foldMismatches, .books), (\.allocationMismatches, .books), (\.lineMismatches, .books),
        (\.moneyMismatches, .money), (\.capacityMismatches, .books), (\.eventGaps, .events),
        (\.oversold, .unrecordedShortage),
    ]

    @Test("each sum that has grown is found, with its growth; what was wrong before is not")
    func growth() {
        for (path, kind) in sums {
            let former = Holdfast_V1_CheckBooksResponse.with { $0[keyPath: path] = 2 }
            let now = Holdfast_V1_CheckBooksResponse.with { $0[keyPath: path] = 5 }
            let found = BooksCheck.increase(from: former, to: now)
            #expect(found.map(\.kind) == [kind])
            #expect(found.first?.story.hasPrefix("3 ") == true)
            #expect(BooksCheck.increase(from: former, to: former).isEmpty)
            #expect(BooksCheck.increase(from: now, to: former).isEmpty)
        }
    }

    @Test("that the stores differ while others trade is nothing")
    func differing() {
        let now = Holdfast_V1_CheckBooksResponse.with { $0.differingCells = 4 }
        #expect(BooksCheck.increase(from: .init(), to: now).isEmpty)
    }
}
