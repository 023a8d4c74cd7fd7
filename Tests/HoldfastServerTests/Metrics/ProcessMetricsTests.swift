import Foundation
import Observability
import Testing

@testable import HoldfastServer

@Suite("Metrics of the process")
struct ProcessMetricsTests {
    @Test("The start of the process is told, and lies in this day's past")
    func start() throws {
        let metrics = PrometheusMetrics(families: MetricCatalogue.families)
        let before = Date.now.timeIntervalSince1970
        ProcessMetrics(factory: metrics).collect()
        let line = try #require(
            metrics.exposition().split(separator: "\n").first { $0.hasPrefix("process_start_time_seconds ") })
        let start = try #require(Double(line.split(separator: " ")[1]))
        #expect(start <= before + 1)
        #expect(start > before - 86_400)
    }
}
