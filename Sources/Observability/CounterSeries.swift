import CoreMetrics
import Synchronization

/// One counter with its labels.
final class CounterSeries: CounterHandler, FloatingPointCounterHandler, MetricSeries {
    private let whole = Atomic<Int64>(0)
    /// The bits of a `Double`; apart, so that counting whole numbers stays one instruction.
    private let fraction = Atomic<UInt64>(0)

    func increment(by amount: Int64) {
        guard amount > 0 else { return }
        whole.wrappingAdd(amount, ordering: .relaxed)
    }

    func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        fraction.addDouble(amount)
    }

    /// A counter that falls back looks like a restart to those who read it.
    func reset() {
        whole.store(0, ordering: .relaxed)
        fraction.store(0, ordering: .relaxed)
    }

    func render(_ name: String, _ labels: String, to text: inout String) {
        let part = Double(bitPattern: fraction.load(ordering: .relaxed))
        let sum = whole.load(ordering: .relaxed)
        text.addSample(name, labels, part == 0 ? String(sum) : Exposition.number(Double(sum) + part))
    }
}

extension Atomic where Value == UInt64 {
    /// Adds to the `Double` whose bits these are.
    func addDouble(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}
