import CoreMetrics
import Ledger

/// What repairs and retention count.
struct RepairMetrics: Sendable {
    /// What a repair put right.
    enum Kind: String, CaseIterable {
        /// A hold in Redis whose attempt never became true: voided and freed.
        case orphan
        /// A hold that PostgreSQL had closed and Redis had not heard of.
        case settle
        /// A cell whose newer base Redis had not heard of.
        case sync
        /// A part of the stock that was loaded anew because its figures were wrong.
        case reload
        /// Units that were promised and not there, and are recorded as a shortage now.
        case shortage
    }

    /// Work that failed and is tried again.
    enum Part: String, CaseIterable {
        case holds, figures, scrub, lease
    }

    private let repairs: [Kind: Counter]
    private let failures: [Part: Counter]
    private let pruned: [RetainedRows: Counter]
    /// Cells where Redis would have admitted more than PostgreSQL has.
    let excessCells: Counter
    /// Cells where Redis had fewer units than PostgreSQL for longer than the grace, and how many fewer.
    let deficitCells: Counter
    let deficitUnits: Counter
    /// How long the last look at everything took.
    let holdsPass: Meter
    let figuresPass: Meter
    /// Parts of the stock that were scrubbed.
    let scrubs: Counter
    /// Reservations that are over and cannot be ended.
    let setAside: Meter

    init(factory: any MetricsFactory) {
        func counters<Label: RawRepresentable & CaseIterable & Hashable>(
            _ name: String, _ dimension: String, _ labels: Label.Type
        ) -> [Label: Counter] where Label.RawValue == String {
            Dictionary(
                uniqueKeysWithValues: labels.allCases.map { label in
                    (label, Counter(label: name, dimensions: [(dimension, label.rawValue)], factory: factory))
                })
        }
        func counter(_ name: String) -> Counter { Counter(label: name, dimensions: [], factory: factory) }
        repairs = counters("holdfast_repairs_total", "kind", Kind.self)
        failures = counters("holdfast_repair_failures_total", "part", Part.self)
        pruned = counters("holdfast_rows_pruned_total", "table", RetainedRows.self)
        excessCells = counter("holdfast_atp_excess_cells_total")
        deficitCells = counter("holdfast_atp_deficit_cells_total")
        deficitUnits = counter("holdfast_atp_deficit_units_total")
        holdsPass = Meter(
            label: "holdfast_reconcile_pass_seconds", dimensions: [("of", "holds")], factory: factory)
        figuresPass = Meter(
            label: "holdfast_reconcile_pass_seconds", dimensions: [("of", "figures")], factory: factory)
        scrubs = counter("holdfast_scrubs_total")
        setAside = Meter(label: "holdfast_reservations_unclosable", dimensions: [], factory: factory)
    }

    /// Counts what was put right.
    func repaired(_ kind: Kind, _ count: Int = 1) {
        if count > 0 { repairs[kind]?.increment(by: count) }
    }

    /// Counts work that failed.
    func failed(_ part: Part) {
        failures[part]?.increment()
    }

    /// Counts rows that were deleted.
    func pruned(_ rows: RetainedRows, _ count: Int) {
        if count > 0 { pruned[rows]?.increment(by: count) }
    }
}
