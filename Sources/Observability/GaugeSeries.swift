import CoreMetrics
import Synchronization

/// One gauge with its labels.
final class GaugeSeries: MeterHandler, RecorderHandler, MetricSeries {
    /// The bits of a `Double`.
    private let bits = Atomic<UInt64>(0)

    func set(_ value: Int64) {
        set(Double(value))
    }

    func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        bits.addDouble(amount)
    }

    func decrement(by amount: Double) {
        bits.addDouble(-amount)
    }

    func record(_ value: Int64) {
        set(Double(value))
    }

    func record(_ value: Double) {
        set(value)
    }

    func render(_ name: String, _ labels: String, to text: inout String) {
        text.addSample(name, labels, Exposition.number(Double(bitPattern: bits.load(ordering: .relaxed))))
    }
}
