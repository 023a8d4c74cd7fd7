import HotStock
import NIOCore
import RedisClient

/// Looks at Redis: its version, whether it may drop keys, and whether it has room.
struct RedisExamination {
    let redis: RedisClient

    func findings() async -> (findings: [Finding], isUsable: Bool) {
        let facts: [String: String]
        let server: RedisServerFacts
        do {
            try await redis.waitUntilConnected(timeout: .seconds(3))
            let text = try await redis.send(RedisCommand("INFO")).string ?? ""
            facts = Self.facts(text)
            server = RedisServerFacts(info: text)
        } catch {
            return (
                [
                    Finding(
                        .wrong, "Redis", "cannot be used: \(describe(error))",
                        advice:
                            "start it, or correct --redis-url; meanwhile running servers let PostgreSQL decide alone, "
                            + "more slowly")
                ], false
            )
        }
        return (
            [version(server), role(server), memory(facts), eviction(facts), persistence(facts)],
            server.isRecentEnough && !server.isCluster && facts["loading"] != "1"
        )
    }

    private func version(_ server: RedisServerFacts) -> Finding {
        let version = server.version.isEmpty ? "unknown" : server.version
        guard server.isRecentEnough else {
            return Finding(
                .wrong, "Redis", "version \(version)",
                advice: "upgrade it to \(RedisServerFacts.oldestMajorVersion) or later: older ones have no functions")
        }
        return Finding(.ok, "Redis", "version \(version) answers")
    }

    private func role(_ server: RedisServerFacts) -> Finding {
        guard !server.isReplica else {
            return Finding(
                .wrong, "Redis role", "a replica", advice: "point --redis-url at the primary: a replica takes no writes"
            )
        }
        guard !server.isCluster else {
            return Finding(
                .wrong, "Redis role", "a node of a cluster", advice: "name a single Redis: its functions need one")
        }
        return Finding(.ok, "Redis role", "primary")
    }

    private func memory(_ facts: [String: String]) -> Finding {
        let limit = Int64(facts["maxmemory"] ?? "") ?? 0
        let used = Int64(facts["used_memory"] ?? "") ?? 0
        guard limit > 0, used > limit / 10 * 9 else {
            return Finding(
                .ok, "Redis memory", "\(used >> 20) MiB used" + (limit > 0 ? " of \(limit >> 20)" : ", without a limit")
            )
        }
        return Finding(
            used >= limit ? .wrong : .warning, "Redis memory", "\(used >> 20) of \(limit >> 20) MiB used",
            advice: "raise maxmemory: a full Redis takes nothing, and PostgreSQL decides alone, more slowly")
    }

    private func eviction(_ facts: [String: String]) -> Finding {
        let policy = facts["maxmemory_policy"] ?? "unknown"
        let limit = Int64(facts["maxmemory"] ?? "") ?? 0
        let evicted = Int64(facts["evicted_keys"] ?? "") ?? 0
        if policy != "noeviction", limit > 0 || evicted > 0 {
            return Finding(
                .wrong, "Redis eviction", "\(policy); \(evicted) keys evicted since it started",
                advice: "set maxmemory-policy noeviction: what is evicted are figures that promises rest on")
        }
        guard policy == "noeviction" else {
            return Finding(
                .warning, "Redis eviction", "\(policy), without effect as long as memory has no limit",
                advice: "set maxmemory-policy noeviction")
        }
        return Finding(.ok, "Redis eviction", "nothing is evicted")
    }

    private func persistence(_ facts: [String: String]) -> Finding {
        var habits: [String] = []
        if facts["aof_enabled"] == "1" { habits.append("appendonly is on") }
        if let saves = Int64(facts["rdb_saves"] ?? ""), saves > 0 { habits.append("\(saves) snapshots saved") }
        if facts["rdb_bgsave_in_progress"] == "1" { habits.append("a snapshot is being saved") }
        guard !habits.isEmpty else { return Finding(.ok, "Redis persistence", "nothing is written to disk") }
        return Finding(
            .warning, "Redis persistence", habits.joined(separator: ", "),
            advice: "set appendonly no and save \"\": they cost time and gain nothing, Redis is loaded from PostgreSQL")
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
