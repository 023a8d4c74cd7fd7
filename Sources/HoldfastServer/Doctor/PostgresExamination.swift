import Foundation
import PostgresClient

/// Looks at PostgreSQL: its version, the settings that durability rests on, and its clock.
struct PostgresExamination {
    let pool: PostgresPool

    private static let version = PostgresStatement(
        "doctor_version", "SELECT current_setting('server_version_num')::int4, current_setting('server_version')",
        access: .readOnly)
    private static let settings = PostgresStatement(
        "doctor_settings", "SELECT name, setting FROM pg_settings WHERE name = ANY($1) ORDER BY name",
        access: .readOnly)
    private static let clock = PostgresStatement("doctor_clock", "SELECT clock_timestamp()", access: .readOnly)

    /// The oldest server that has what the schema needs.
    private static let oldestVersion: Int32 = 150_000
    /// Largest difference of the clocks that is not worth a word.
    private static let clockTolerance: Int64 = 1_000_000

    private struct Readings: Sendable {
        var versionNumber: Int32
        var version: String
        var settings: [String: String]
        /// Microseconds that PostgreSQL's clock is ahead.
        var clockLead: Int64
    }

    func findings() async -> (findings: [Finding], isReachable: Bool) {
        let readings: Readings
        do {
            readings = try await pool.withConnection { connection in
                guard let version = try connection.execute(Self.version).first else {
                    throw PostgresError(.protocolViolation, detail: "no version was returned")
                }
                var settings: [String: String] = [:]
                let names = PostgresValue.texts(["fsync", "full_page_writes", "synchronous_commit"])
                for row in try connection.execute(Self.settings, [names]) {
                    settings[try row.text(0)] = try row.text(1)
                }
                let before = Self.now()
                guard let clock = try connection.execute(Self.clock).first else {
                    throw PostgresError(.protocolViolation, detail: "no time was returned")
                }
                let middle = before + (Self.now() - before) / 2
                return Readings(
                    versionNumber: try version.int32(0), version: try version.text(1), settings: settings,
                    clockLead: try clock.timestamp(0) - middle)
            }
        } catch {
            return (
                [
                    Finding(
                        .wrong, "PostgreSQL", "cannot be used: \(describe(error))",
                        advice: "start it, or correct --postgres-url")
                ], false
            )
        }
        return ([version(readings)] + durability(readings) + [clock(readings)], true)
    }

    private func version(_ readings: Readings) -> Finding {
        guard readings.versionNumber >= Self.oldestVersion else {
            return Finding(
                .wrong, "PostgreSQL", "version \(readings.version)", advice: "upgrade it to 15 or later")
        }
        return Finding(.ok, "PostgreSQL", "version \(readings.version) answers")
    }

    private func durability(_ readings: Readings) -> [Finding] {
        let rules: [(name: String, good: Set<String>, advice: String)] = [
            ("fsync", ["on"], "set fsync = on: without it a power cut loses or corrupts acknowledged orders"),
            (
                "full_page_writes", ["on"],
                "set full_page_writes = on, unless the file system never tears a page"
            ),
            (
                "synchronous_commit", ["on", "remote_apply"],
                "set synchronous_commit = on: otherwise a crash loses acknowledged reservations and orders"
            ),
        ]
        return rules.map { rule in
            let value = readings.settings[rule.name] ?? "unknown"
            let isGood = rule.good.contains(value)
            return Finding(
                isGood ? .ok : .wrong, "PostgreSQL \(rule.name)", value, advice: isGood ? "" : rule.advice)
        }
    }

    private func clock(_ readings: Readings) -> Finding {
        let milliseconds = readings.clockLead / 1_000
        guard readings.clockLead.magnitude <= UInt64(Self.clockTolerance) else {
            return Finding(
                .warning, "clocks", "PostgreSQL's is \(milliseconds) ms ahead of this machine's",
                advice: "synchronise both; PostgreSQL's clock decides expiries")
        }
        return Finding(.ok, "clocks", "PostgreSQL's and this machine's agree within a second")
    }

    private static func now() -> Int64 {
        Int64(Date().timeIntervalSince1970 * 1_000_000)
    }
}

/// An error with everything that is known of it: findings are read by who runs the stores.
func describe(_ error: any Error) -> String {
    guard let error = error as? PostgresError else { return "\(error)" }
    return error.debugDescription
}
