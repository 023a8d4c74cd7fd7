import CoreMetrics
import Synchronization

/// One histogram with its labels: counts by size, one atomic each.
final class HistogramSeries: TimerHandler, RecorderHandler, MetricSeries, @unchecked Sendable {
    // Unchecked for the pointers: the bounds never change, the counts are atomic.

    private let bounds: [Double]
    /// The bounds in whole ticks: a nanosecond for timers, 1 for everything else.
    private let ticks: UnsafeMutablePointer<Int64>
    private let ticksPerUnit: Double
    private let counts: UnsafeMutablePointer<Atomic<Int64>>
    private let tickSum = Atomic<Int64>(0)
    /// The bits of a `Double`: the sum of observations that are not whole ticks.
    private let fractionSum = Atomic<UInt64>(0)

    init(bounds: [Double], ticksPerUnit: Double) {
        self.bounds = bounds
        self.ticksPerUnit = ticksPerUnit
        ticks = .allocate(capacity: max(1, bounds.count))
        for (index, bound) in bounds.enumerated() {
            // Times in seconds are not exact in binary: a bound of 0.25 ms is 250,000 ns.
            let exact = bound * ticksPerUnit
            let near = exact.rounded()
            let ticked = abs(exact - near) < 1e-6 ? near : exact.rounded(.down)
            (ticks + index).initialize(to: Int64(ticked))
        }
        counts = .allocate(capacity: bounds.count + 1)
        for index in 0...bounds.count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        ticks.deinitialize(count: bounds.count).deallocate()
        counts.deinitialize(count: bounds.count + 1).deallocate()
    }

    func recordNanoseconds(_ duration: Int64) {
        recordTicks(duration)
    }

    func record(_ value: Int64) {
        recordTicks(value)
    }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let index = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[index].wrappingAdd(1, ordering: .relaxed)
        fractionSum.addDouble(value)
    }

    private func recordTicks(_ value: Int64) {
        var index = 0
        while index < bounds.count, value > ticks[index] { index += 1 }
        counts[index].wrappingAdd(1, ordering: .relaxed)
        tickSum.wrappingAdd(value, ordering: .relaxed)
    }

    func render(_ name: String, _ labels: String, to text: inout String) {
        let separator = labels.isEmpty ? "" : ","
        var count: Int64 = 0
        for index in 0...bounds.count {
            count += counts[index].load(ordering: .relaxed)
            let bound = index < bounds.count ? Exposition.number(bounds[index]) : "+Inf"
            text.addSample(name + "_bucket", "\(labels)\(separator)le=\"\(bound)\"", String(count))
        }
        let sum =
            Double(tickSum.load(ordering: .relaxed)) / ticksPerUnit
            + Double(bitPattern: fractionSum.load(ordering: .relaxed))
        text.addSample(name + "_sum", labels, Exposition.number(sum))
        text.addSample(name + "_count", labels, String(count))
    }
}
