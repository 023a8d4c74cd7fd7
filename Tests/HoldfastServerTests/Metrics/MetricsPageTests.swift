import Foundation
import HoldfastServer
import Observability
import Testing

@Suite("The page of metrics")
struct MetricsPageTests {
    private var documents: URL {
        URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../docs").standardized
    }

    @Test("The page explains every metric, and no other, with its kind and labels")
    func page() throws {
        let page = try String(contentsOf: documents.appendingPathComponent("metrics.md"), encoding: .utf8)
        var explained: [String: [String]] = [:]
        for line in page.split(separator: "\n") where line.hasPrefix("| `holdfast_") || line.hasPrefix("| `process_") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            explained[cells[0].trimmingCharacters(in: ["`"])] = cells
        }
        #expect(Set(explained.keys) == Set(MetricCatalogue.families.map(\.name)))
        for family in MetricCatalogue.families {
            let cells = try #require(explained[family.name])
            let kind =
                switch family.kind {
                case .counter: "counter"
                case .gauge: "gauge"
                case .histogram: "histogram"
                }
            #expect(cells[1] == kind, "\(family.name)")
            #expect(cells[2] == family.labels.map { "`\($0)`" }.joined(separator: ", "), "\(family.name)")
        }
    }

    @Test("The alert rules are accepted by promtool and watch metrics that exist")
    func alerts() throws {
        let rules = documents.appendingPathComponent("alerts.yaml")
        let check = try Promtool.run(["check", "rules", rules.path])
        #expect(check.status == 0, "\(check.output)")
        let known = Set(MetricCatalogue.families.map(\.name))
        let text = try String(contentsOf: rules, encoding: .utf8)
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        for word in words where word.hasPrefix("holdfast_") || word.hasPrefix("process_") {
            let name = word.hasSuffix("_bucket") ? String(word.dropLast("_bucket".count)) : word
            #expect(known.contains(name), "\(name)")
        }
    }
}

/// Prometheus' own checker.
enum Promtool {
    /// Runs it with this standard input.
    static func run(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["promtool"] + arguments
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(input.utf8).write(to: file)
        defer { unlink(file.path) }
        let output = Pipe()
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text)
    }
}
