import Domain

extension OrderStatus {
    /// The expression that derives the status from the statuses that an order's units have, by the same rules as here.
    ///
    /// Payments and returns are not stored yet, so they are taken as they stand without any.
    ///
    /// - Parameter present: an expression with the bits of a `LineStatusSet`.
    /// - Returns: an expression with the status's number.
    static func sql(of present: String) -> String {
        let cases = rules.filter { $0.admits(payment: .untracked, returns: .idle) }.map { rule in
            let some = rule.some.map { "\(present) & \($0.rawValue) <> 0" }
            let none = rule.none.isEmpty ? [] : ["\(present) & \(rule.none.rawValue) = 0"]
            return "WHEN \((some + none).joined(separator: " AND ")) THEN \(rule.status.rawValue)"
        }
        return "CASE \(cases.joined(separator: " ")) ELSE \(last.rawValue) END"
    }
}
