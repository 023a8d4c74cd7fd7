import Domain
import Testing

@Suite("Scans against what is wanted")
struct PickTallyTests {
    private static func line(
        _ number: Int32, _ sku: String, _ open: Int64, barcode: String = "", tracked: Bool = true
    ) -> Fulfilment.Line {
        Fulfilment.Line(
            number: number, sku: sku, barcode: barcode, name: sku, tracked: tracked,
            cell: tracked ? CellID(Int64(number)) : nil, quantity: max(open, 1), open: open)
    }

    private static let lines = [
        line(1, "A", 2, barcode: "111"), line(2, "B", 3), line(3, "A", 1, barcode: "111"),
        line(4, "POST", 1, tracked: false), line(5, "C", 0),
    ]

    @Test(
        "Scans are spread over lines in their order; what is missing is short",
        arguments: [
            ([], [0, 0, 0, 0], 0, 6), ([("A", 1)], [1, 0, 0, 1], 1, 5), ([("111", 2), ("A", 1)], [2, 0, 1, 1], 3, 3),
            ([("B", 1), ("B", 2), ("A", 3)], [2, 3, 1, 1], 6, 0),
        ] as [([(String, Int64)], [Int64], Int64, Int64)])
    func spread(_ scans: [(String, Int64)], _ found: [Int64], _ all: Int64, _ short: Int64) throws {
        let tally = try PickTally(
            scans.map { PickTally.Scan(code: $0.0, quantity: $0.1) }, of: Self.lines, naming: "F")
        #expect(tally.parts.map(\.found) == found)
        #expect(tally.parts.map(\.index) == [0, 1, 2, 3])
        #expect((tally.found, tally.short) == (all, short))
        #expect(zip(tally.parts, Self.lines).allSatisfy { $0.found + $0.short == $1.open })
    }

    @Test(
        "What is no article of it, has no units left there, or is too much is refused by the scan",
        arguments: [
            ([("X", 1)], ["scans[0].code"]), ([("C", 1)], ["scans[0].code"]), ([("POST", 1)], ["scans[0].code"]),
            ([("A", 3), ("111", 1)], ["scans[1].quantity"]), ([("B", 4)], ["scans[0].quantity"]),
            ([("", 1)], ["scans[0].code"]),
        ] as [([(String, Int64)], [String])])
    func refused(_ scans: [(String, Int64)], _ fields: [String]) {
        let read = scans.map { PickTally.Scan(code: $0.0, quantity: $0.1) }
        let refusal = #expect(throws: Refusal.self) { try PickTally(read, of: Self.lines, naming: "F") }
        guard case .invalid(let violations)? = refusal else {
            Issue.record("\(String(describing: refusal))")
            return
        }
        #expect(violations.map(\.field) == fields)
    }

    @Test("A fulfilment of nothing but articles without stock needs no scan")
    func untrackedOnly() throws {
        let tally = try PickTally([], of: [Self.line(1, "POST", 2, tracked: false)], naming: "F")
        #expect(tally.parts.map(\.found) == [2])
        #expect(tally.short == 0)
    }
}
