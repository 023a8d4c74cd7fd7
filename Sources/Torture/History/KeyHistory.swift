/// All calls of one key, in the order in which they ended.
package struct KeyHistory: Sendable {
    /// The key.
    package let key: Mutation.Key
    /// Its calls.
    package private(set) var calls: [RecordedCall] = []

    /// Sorts calls by their keys, keys in the order of their first call's end.
    package static func sorted(_ calls: [RecordedCall]) -> [KeyHistory] {
        var places: [Mutation.Key: Int] = [:]
        var histories: [KeyHistory] = []
        for call in calls {
            let key = call.mutation.key
            let place: Int
            if let known = places[key] {
                place = known
            } else {
                place = histories.count
                places[key] = place
                histories.append(KeyHistory(key: key))
            }
            histories[place].calls.append(call)
        }
        return histories
    }

    /// The first call that took effect, as its caller knows.
    package var firstDone: RecordedCall? {
        calls.first { if case .done = $0.outcome { true } else { false } }
    }

    /// What was answered to the calls that took effect.
    package var replies: [(call: RecordedCall, reply: [UInt8])] {
        calls.compactMap { call in
            guard case .done(let reply) = call.outcome else { return nil }
            return (call, reply)
        }
    }

    /// True where some caller was told that it took effect.
    package var isAcknowledged: Bool { firstDone != nil }

    /// True where it may have taken effect: acknowledged, or some outcome is not known.
    package var mayHaveTakenEffect: Bool {
        calls.contains { call in
            switch call.outcome {
            case .done, .unknown: true
            case .refused: false
            }
        }
    }

    /// When the first of its calls left.
    package var began: Int64 { calls.map(\.began).min() ?? 0 }

    /// When the first acknowledgement came; nil where none did.
    package var acknowledged: Int64? {
        replies.map(\.call.ended).min()
    }

    /// Each different request that was sent under the key.
    package var requests: Set<Mutation> { Set(calls.map(\.mutation)) }
}
