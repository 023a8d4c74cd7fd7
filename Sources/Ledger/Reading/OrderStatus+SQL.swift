import Domain

extension OrderStatus {
    /// The expression that derives the status from the statuses that an order's units have, by the same rules as here.
    ///
    /// - Parameters:
    ///   - present: an expression with the bits of a `LineStatusSet`.
    ///   - payment: an expression with the number of a `PaymentStanding`; see ``Domain/PaymentStanding/sql(of:)``.
    ///   - returns: an expression with the number of a `ReturnStanding`; see ``Domain/ReturnStanding/sql(of:)``.
    /// - Returns: an expression with the status's number.
    static func sql(of present: String, payment: String, returns: String) -> String {
        let cases = rules.map { rule in
            let some = rule.some.map { "\(present) & \($0.rawValue) <> 0" }
            let none = rule.none.isEmpty ? [] : ["\(present) & \(rule.none.rawValue) = 0"]
            let payments = rule.payments.map { standings in
                let numbers = standings.map(\.rawValue).sorted().map { "\($0)" }
                return ["\(payment) IN (\(numbers.joined(separator: ", ")))"]
            }
            let standing = rule.returns.map { ["\(returns) = \($0.rawValue)"] } ?? []
            let all = some + none + (payments ?? []) + standing
            return "WHEN \(all.joined(separator: " AND ")) THEN \(rule.status.rawValue)"
        }
        return "CASE \(cases.joined(separator: " ")) ELSE \(last.rawValue) END"
    }
}

extension PaymentStanding {
    /// The expression that derives the standing from the sums of a row of `order_money`, as `init(owed:held:taken:givenBack:)`
    /// does; null where there is no row.
    static func sql(of row: String) -> String {
        let kept = "\(row).taken - \(row).given_back"
        return """
            CASE WHEN \(kept) > \(row).owed THEN \(refundDue.rawValue) WHEN \(kept) = \(row).owed THEN \(paid.rawValue)
                WHEN \(kept) + \(row).held >= \(row).owed THEN \(covered.rawValue)
                WHEN \(kept) + \(row).held > 0 THEN \(partlyCovered.rawValue) ELSE \(due.rawValue) END
            """
    }
}

extension ReturnStanding {
    /// The states of returns that are under way, as SQL lists them.
    static let openStates = ReturnStanding.open.map(\.rawValue).sorted().map { "\($0)" }.joined(separator: ", ")

    /// The expression that derives the standing of the order whose id an expression has, as `init(_:)` does.
    static func sql(of order: String) -> String {
        """
        CASE WHEN EXISTS (SELECT FROM return_order r WHERE r.order_id = \(order) AND r.state IN (\(openStates)))
            THEN \(underWay.rawValue) ELSE \(idle.rawValue) END
        """
    }
}
