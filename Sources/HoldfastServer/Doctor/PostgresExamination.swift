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
    private static let standing = PostgresStatement(
        "doctor_standing",
        """
        SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
            (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
            (SELECT coalesce(max(extract(epoch FROM now() - xact_start)), 0)::int8 FROM pg_stat_activity
                WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()),
            (SELECT count(*) FROM pg_stat_archiver WHERE last_failed_time > coalesce(last_archived_time, '-infinity'))
        """, access: .readOnly)
    // Rows of others than standbys, such as a base backup under way, are left out. Who may not see the columns sees the rows.
    private static let standbys = PostgresStatement(
        "doctor_standbys",
        """
        SELECT count(*), count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),
            coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0)::int8
        FROM pg_stat_replication WHERE state IS DISTINCT FROM 'backup' AND application_name NOT LIKE 'pg_%'
        """, access: .readOnly)
    private static let clock = PostgresStatement("doctor_clock", "SELECT clock_timestamp()", access: .readOnly)

    /// The oldest server that has what the schema needs.
    private static let oldestVersion: Int32 = 150_000
    /// Largest difference of the clocks that is not worth a word.
    private static let clockTolerance: Int64 = 1_000_000

    private struct Readings: Sendable {
        var versionNumber: Int32
        var version: String
        var settings: [String: String]
        var isStandby: Bool
        var isReadOnly: Bool
        var sessions: Int64
        /// Seconds that the longest transaction has been open.
        var longestTransaction: Int64
        var archivingFails: Bool
        var standbys: Int64
        var synchronousStandbys: Int64
        /// Bytes of the log that the slowest standby lacks.
        var lag: Int64
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
                let names = PostgresValue.texts(Self.settingNames)
                for row in try connection.execute(Self.settings, [names]) {
                    settings[try row.text(0)] = try row.text(1)
                }
                let standing = try connection.execute(Self.standing).single
                let isStandby = try standing.bool(0)
                // A standby has no end of the log to compare with.
                let standbys = isStandby ? nil : try connection.execute(Self.standbys).single
                let before = Self.now()
                guard let clock = try connection.execute(Self.clock).first else {
                    throw PostgresError(.protocolViolation, detail: "no time was returned")
                }
                let middle = before + (Self.now() - before) / 2
                return Readings(
                    versionNumber: try version.int32(0), version: try version.text(1), settings: settings,
                    isStandby: isStandby, isReadOnly: try standing.bool(1), sessions: try standing.int64(2),
                    longestTransaction: try standing.int64(3), archivingFails: try standing.int64(4) > 0,
                    standbys: try standbys?.int64(0) ?? 0, synchronousStandbys: try standbys?.int64(1) ?? 0,
                    lag: try standbys?.int64(2) ?? 0,
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
        return (
            [version(readings), role(readings)] + durability(readings)
                + [standbys(readings), archiving(readings), sessions(readings), clock(readings)], true
        )
    }

    private func version(_ readings: Readings) -> Finding {
        guard readings.versionNumber >= Self.oldestVersion else {
            return Finding(
                .wrong, "PostgreSQL", "version \(readings.version)", advice: "upgrade it to 15 or later")
        }
        return Finding(.ok, "PostgreSQL", "version \(readings.version) answers")
    }

    private func role(_ readings: Readings) -> Finding {
        if readings.isStandby {
            return Finding(
                .wrong, "PostgreSQL role", "a standby, or a server in recovery: it takes no changes",
                advice:
                    "name the primary in --postgres-url (several hosts with target_session_attrs=read-write find it), "
                    + "or promote this one; servers go on by themselves then")
        }
        if readings.isReadOnly {
            return Finding(
                .wrong, "PostgreSQL role", "a primary whose transactions are read-only",
                advice: "set default_transaction_read_only = off, for the server, the database and the role")
        }
        return Finding(.ok, "PostgreSQL role", "primary")
    }

    private static let settingNames = [
        "fsync", "full_page_writes", "synchronous_commit", "default_transaction_isolation", "synchronous_standby_names",
        "archive_mode", "max_connections",
    ]

    private func standbys(_ readings: Readings) -> Finding {
        let names = readings.settings["synchronous_standby_names"] ?? ""
        let found = "\(readings.standbys) connected, \(readings.synchronousStandbys) of them synchronous"
        if names.isEmpty {
            guard readings.standbys > 0 else { return Finding(.ok, "PostgreSQL standbys", "none") }
            return Finding(
                .wrong, "PostgreSQL standbys", "\(readings.standbys) connected, all asynchronous",
                advice:
                    "name those that may take over in synchronous_standby_names: a failover to an asynchronous one loses "
                    + "acknowledged orders")
        }
        // Who may not look at the standbys' states sees none that is synchronous, although commits get through.
        guard readings.standbys > 0 else {
            return Finding(
                .warning, "PostgreSQL standbys", "none connected, although synchronous_standby_names is \(names)",
                advice: "start the standby: until then commits wait, and calls say UNAVAILABLE")
        }
        let isFar = readings.lag > Self.lagTolerance
        return Finding(
            isFar ? .warning : .ok, "PostgreSQL standbys", found + ", at most \(readings.lag >> 20) MiB behind",
            advice: isFar ? "look at the standby's disk and network: a failover has to wait for it to catch up" : "")
    }

    private static let lagTolerance: Int64 = 256 << 20

    private func archiving(_ readings: Readings) -> Finding {
        guard (readings.settings["archive_mode"] ?? "off") != "off" else {
            return Finding(.ok, "PostgreSQL archive", "off: a restore ends at the last base backup")
        }
        guard readings.archivingFails else { return Finding(.ok, "PostgreSQL archive", "on") }
        return Finding(
            .warning, "PostgreSQL archive", "the last attempt to archive the log failed",
            advice: "look at archive_command and its target: a restore to a point in time ends before that")
    }

    private func sessions(_ readings: Readings) -> Finding {
        let most = Int64(readings.settings["max_connections"] ?? "") ?? 0
        if most > 0, readings.sessions * 10 > most * 9 {
            return Finding(
                .warning, "PostgreSQL sessions", "\(readings.sessions) of \(most)",
                advice: "raise max_connections, or lower --postgres-connections of the servers")
        }
        guard readings.longestTransaction < Self.transactionTolerance else {
            return Finding(
                .warning, "PostgreSQL sessions",
                "\(readings.sessions) of \(most); one has been in a transaction for \(readings.longestTransaction) s",
                advice: "find it in pg_stat_activity and end it: it keeps old rows from being cleared away")
        }
        return Finding(.ok, "PostgreSQL sessions", "\(readings.sessions) of \(most)")
    }

    private static let transactionTolerance: Int64 = 600

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
            (
                "default_transaction_isolation", ["read committed"],
                "set default_transaction_isolation = 'read committed', for the server, the database and the role: "
                    + "promises are fenced by what others have committed meanwhile"
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

/// An error with everything that is known of it, in one line: findings are read by who runs the stores.
func describe(_ error: any Error) -> String {
    let text = (error as? PostgresError)?.debugDescription ?? "\(error)"
    return text.split { $0.isNewline || $0 == "\t" }.joined(separator: " ")
}
