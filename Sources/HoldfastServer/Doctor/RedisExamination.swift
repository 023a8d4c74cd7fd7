import NIOCore
import RedisClient

/// Looks at Redis: its version, whether it may drop keys, and whether it has room.
struct RedisExamination {
    let redis: RedisClient

    func findings() async -> (findings: [Finding], isReachable: Bool) {
        let facts: [String: String]
        do {
            try await redis.waitUntilConnected(timeout: .seconds(3))
            facts = Self.facts(try await redis.send(RedisCommand("INFO")).string ?? "")
        } catch {
            return (
                [
                    Finding(
                        .wrong, "Redis", "cannot be used: \(error)",
                        advice: "start it, or correct --redis-url; until then nothing can be reserved")
                ], false
            )
        }
        return ([version(facts), role(facts), eviction(facts), persistence(facts)], true)
    }

    private func version(_ facts: [String: String]) -> Finding {
        let version = facts["redis_version"] ?? "unknown"
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= 7 else {
            return Finding(.wrong, "Redis", "version \(version)", advice: "upgrade it to 7 or later")
        }
        return Finding(.ok, "Redis", "version \(version) answers")
    }

    private func role(_ facts: [String: String]) -> Finding {
        let role = facts["role"] ?? "unknown"
        guard role == "master" else {
            return Finding(.wrong, "Redis role", role, advice: "point --redis-url at the primary")
        }
        return Finding(.ok, "Redis role", "primary")
    }

    private func eviction(_ facts: [String: String]) -> Finding {
        let policy = facts["maxmemory_policy"] ?? "unknown"
        let limit = Int64(facts["maxmemory"] ?? "") ?? 0
        let used = Int64(facts["used_memory"] ?? "") ?? 0
        if limit > 0 && policy != "noeviction" {
            return Finding(
                .wrong, "Redis memory", "limited to \(limit >> 20) MiB with the policy \(policy)",
                advice: "set maxmemory-policy noeviction: evicted figures are promises that Redis forgets")
        }
        if limit > 0 && used > limit / 10 * 9 {
            return Finding(
                .warning, "Redis memory", "\(used >> 20) of \(limit >> 20) MiB used",
                advice: "raise maxmemory: a full Redis refuses reservations")
        }
        return Finding(.ok, "Redis memory", "\(used >> 20) MiB used, nothing is evicted")
    }

    private func persistence(_ facts: [String: String]) -> Finding {
        if facts["aof_enabled"] == "1" {
            return Finding(
                .warning, "Redis persistence", "appendonly is on",
                advice: "turn it off: it costs time and gains nothing, Redis is loaded from PostgreSQL")
        }
        return Finding(.ok, "Redis persistence", "no append-only file")
    }

    /// The `name:value` lines of `INFO`.
    private static func facts(_ text: String) -> [String: String] {
        var facts: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.firstIndex(of: ":") else { continue }
            facts[String(line[..<colon])] = String(line[line.index(after: colon)...])
        }
        return facts
    }
}
