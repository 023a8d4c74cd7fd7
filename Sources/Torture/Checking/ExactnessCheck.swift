/// Judges the times without load: availability must have become exact in each.
package enum ExactnessCheck {
    /// Finds times in which it did not.
    ///
    /// - Parameters:
    ///   - quiets: the times.
    ///   - seconds: how long each may have taken.
    /// - Returns: a violation for each that took longer.
    package static func violations(of quiets: [QuietRecord], within seconds: Int) -> [Violation] {
        quiets.filter { $0.exact == nil }.map { quiet in
            Violation(
                .notExact,
                "availability was not exact \(seconds) s after the last fault: "
                    + quiet.differences.prefix(5).joined(separator: "; "), moment: quiet.began)
        }
    }
}
