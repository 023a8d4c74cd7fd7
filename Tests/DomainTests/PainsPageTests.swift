import Foundation
import Testing

/// The page for contributors names tests that there are.
@Suite("The page of other systems' mistakes")
struct PainsPageTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("Each of its 29 rows names a test of this repository")
    func tests() throws {
        var titles: Set<String> = []
        let folder = Self.root.appending(path: "Tests")
        let files = try #require(FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            for part in try String(contentsOf: file, encoding: .utf8).components(separatedBy: "@Test(").dropFirst() {
                let quoted = part.components(separatedBy: "\"")
                if quoted.count > 2 { titles.insert(quoted[1]) }
            }
        }
        let page = try String(contentsOf: Self.root.appending(path: "docs/pains.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst()
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
        #expect(rows.map { $0.first ?? "" } == (1...29).map { "\($0)" })
        for row in rows {
            #expect(row.count == 4)
            let title = row.last ?? ""
            #expect(titles.contains(title), "no test is named “\(title)”")
        }
    }
}
