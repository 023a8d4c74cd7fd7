import Foundation
import HoldfastTesting
import Testing

/// The page that users read has the table that the tests show.
@Suite("Crash table: its page")
struct CrashTablePageTests {
    @Test("every row of the table on the page is a test, and every test a row; each says how long it took")
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
        let lines = table.split(separator: "\n").filter { $0.hasPrefix("| ") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        #expect(lines.first?.last == "seconds")
        let rows = lines.dropFirst().map { $0[0] }
        for line in lines.dropFirst() {
            #expect(line.count == lines[0].count)
            let seconds = try #require(Double(line.last ?? ""), "\(line[0])")
            #expect(seconds >= 0.1 && seconds < 60)
        }
        #expect(names.count > 30)
        #expect(Set(rows) == names)
        #expect(rows.count == names.count)
    }
}
