/// Compares what the ledger says of card payments with what the gateway has done.
///
/// An attempt is written down before the gateway hears of it and ends after it, so that its outcome may be open while the
/// gateway has done it; the other way round there is no excuse.
package enum GatewayCheck {
    /// An attempt of a tender at the gateway, as the ledger has it.
    package struct Attempt: Sendable {
        /// Its id, the gateway's key.
        package var id: String
        /// What it asks for.
        package var action: String
        /// Minor units.
        package var amount: Int64
        /// 1 prepared, 2 approved, 3 declined, 4 unknown, 5 abandoned.
        package var state: Int16

        /// Makes one.
        package init(id: String, action: String, amount: Int64, state: Int16) {
            self.id = id
            self.action = action
            self.amount = amount
            self.state = state
        }

        /// Words of actions by their stored numbers.
        static let actions: [Int16: String] = [1: "authorize", 2: "capture", 3: "void", 4: "refund", 5: "charge"]
    }

    /// Finds where they contradict each other.
    ///
    /// - Parameters:
    ///   - attempts: read between the two looks at the gateway.
    ///   - before: what the gateway had done before.
    ///   - after: what it has done after that.
    /// - Returns: a violation for each contradiction.
    package static func violations(
        of attempts: [Attempt], before: [String: GatewayBooks.Entry], after: [String: GatewayBooks.Entry]
    ) -> [Violation] {
        var found: [Violation] = []
        var known: [String: Attempt] = [:]
        for attempt in attempts {
            known[attempt.id] = attempt
            let entry = after[attempt.id]
            let isDone = entry.map { $0.reason == nil } ?? false
            if attempt.state == 2 {
                if !isDone {
                    found.append(
                        Violation(
                            .money, "the \(attempt.action) \(attempt.id) is approved, and the gateway has not done it"))
                } else if let entry, (entry.action, entry.amount) != (attempt.action, attempt.amount) {
                    found.append(
                        Violation(
                            .money,
                            "the gateway did the \(entry.action) of \(entry.amount) under \(attempt.id), which is a "
                                + "\(attempt.action) of \(attempt.amount)"))
                }
            } else if isDone && (attempt.state == 3 || attempt.state == 5) {
                found.append(
                    Violation(
                        .money, "the gateway did the \(attempt.action) \(attempt.id), which was recorded as not done"))
            }
        }
        for (key, entry) in before.sorted(by: { $0.key < $1.key }) where known[key] == nil {
            found.append(
                Violation(.money, "the gateway was sent the \(entry.action) \(key), which is written down nowhere"))
        }
        return found
    }
}
