import Foundation
import HoldfastTesting
import Testing

/// The page that users read has the table that the tests show.
@Suite("Crash table: its page")
struct CrashTablePageTests {
    @Test("every row of the table on the page is a test, and every test a row")
    func rows() throws {
        let folder = Repository.root + "/Tests/CrashTableTests"
        var names: Set<String> = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix("CrashTests.swift")
        {
            let text = try String(contentsOfFile: folder + "/" + file, encoding: .utf8)
            for part in text.components(separatedBy: "@Test(").dropFirst() {
                let quoted = part.components(separatedBy: "\"")
                names.insert(try #require(quoted.count > 2 ? quoted[1] : nil))
            }
        }
        let page = try String(contentsOfFile: Repository.root + "/docs/promises.md", encoding: .utf8)
        let section = try #require(page.components(separatedBy: "### Stopped at every step").last)
        let table = try #require(section.components(separatedBy: "\n## ").first)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { line in
            line.split(separator: "|")[0].trimmingCharacters(in: .whitespaces)
        }
        #expect(names.count > 30)
        #expect(Set(rows) == names)
        #expect(rows.count == names.count)
    }
}
