import Domain
import Foundation
import Testing

@Suite("The page of the life of an order")
struct LifecyclePageTests {
    private static let file = URL(fileURLWithPath: #filePath)
        .appendingPathComponent("../../../../docs/lifecycle.md").standardized

    private static var parts: [(name: String, text: String)] {
        AnyTable.all.map { ($0.checks.name, $0.checks.page().text) } + [("order status", OrderStatusPage.text)]
    }

    private static func mark(_ name: String) -> String { "<!-- generated: \(name) -->" }
    private static let end = "<!-- end -->"

    /// With `HOLDFAST_WRITE_DOCS=1` in the environment the parts are written instead: `make generate` does that.
    @Test("Its diagrams and tables are those of the program")
    func page() throws {
        var page = try String(contentsOf: Self.file, encoding: .utf8)
        let isWritten = ProcessInfo.processInfo.environment["HOLDFAST_WRITE_DOCS"] == "1"
        for (name, text) in Self.parts {
            let mark = Self.mark(name)
            let start = try #require(page.range(of: mark), "docs/lifecycle.md has no part \(mark)")
            let end = try #require(page.range(of: Self.end, range: start.upperBound..<page.endIndex))
            let range = start.upperBound..<end.lowerBound
            let wanted = "\n\n\(text)\n\n"
            if isWritten {
                page.replaceSubrange(range, with: wanted)
            } else {
                #expect(
                    page[range] == wanted,
                    """
                    \(name) in docs/lifecycle.md is not what the table says: HOLDFAST_WRITE_DOCS=1 swift test \
                    --filter LifecyclePageTests writes it anew
                    """)
            }
        }
        if isWritten { try page.write(to: Self.file, atomically: true, encoding: .utf8) }
    }

    @Test("Every part is there once, and no other")
    func marks() throws {
        let page = try String(contentsOf: Self.file, encoding: .utf8)
        let marks = page.split(separator: "\n").filter { $0.hasPrefix("<!-- generated") }.map(String.init)
        #expect(marks == Self.parts.map { Self.mark($0.name) })
    }
}
