/// Checks the order that the service witnesses against the order in which things happened.
///
/// Each admitting call of a vshard has an epoch and a number. Where one promise was acknowledged before the call for
/// another one left, its witness must be the smaller one. Takes the time of one sort.
package enum WitnessCheck {
    private struct Entry {
        var key: Mutation.Key
        var stamp: CommittedTransaction.Stamp
        var began: Int64
        var acknowledged: Int64
    }

    /// Finds promises whose witness contradicts time.
    package static func violations(
        in keys: [KeyHistory], witnesses: [Mutation.Key: [CommittedTransaction.Stamp]]
    ) -> [Violation] {
        var byVShard: [Int: [Entry]] = [:]
        for key in keys {
            guard let acknowledged = key.acknowledged, let stamps = witnesses[key.key] else { continue }
            for stamp in stamps where stamp.sequence > 0 {
                byVShard[stamp.vshard, default: []].append(
                    Entry(key: key.key, stamp: stamp, began: key.began, acknowledged: acknowledged))
            }
        }
        return byVShard.sorted { $0.key < $1.key }.compactMap { violation(in: $0.value, of: $0.key) }
    }

    private static func violation(in entries: [Entry], of vshard: Int) -> Violation? {
        let ordered = entries.sorted { $0.stamp.isBefore($1.stamp) }
        // Of those with a smaller witness, the one that left last.
        var latest: Entry?
        var index = ordered.startIndex
        while index < ordered.endIndex {
            // What one call admitted has one witness, and no order among itself.
            var end = index
            while end < ordered.endIndex && ordered[end].stamp == ordered[index].stamp { end += 1 }
            for entry in ordered[index..<end] {
                if let latest, entry.acknowledged < latest.began {
                    return Violation(
                        .witnessOrder,
                        "\(entry.key) was acknowledged before \(latest.key) was asked for, yet its witness in vshard "
                            + "\(vshard) is the later one: \(entry.stamp.epoch)/\(entry.stamp.sequence) after "
                            + "\(latest.stamp.epoch)/\(latest.stamp.sequence)",
                        keys: [entry.key, latest.key], moment: entry.acknowledged)
                }
            }
            for entry in ordered[index..<end] where entry.began > (latest?.began ?? Int64.min) { latest = entry }
            index = end
        }
        return nil
    }
}
