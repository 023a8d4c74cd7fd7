import Failpoints

extension FunctionLibrary {
    /// The library as this process loads it: the one that ships, but for a server that a test has sabotaged.
    static func sabotaged(_ source: String) -> String {
        #if HOLDFAST_FAILPOINTS
            var source = source
            if Sabotage.noArmCheck.isOn {
                exchange("if armed[keys[1]] ~= epoch or redis.call(", "if redis.call(", in: &source)
                exchange(
                    "local epoch = armed[keys[1]]", "local epoch = redis.call('HGET', keys[1], 'e')", in: &source)
            }
            if Sabotage.settleAsIncrement.isOn {
                exchange(
                    "if known then give_back(keys[3], argv[i + 1], known:match('^%x+|%x+|(.*)$'), book) end",
                    "for c, q in (known or ''):gmatch('%d+,(%d+),(%d+)') do book.add(c, tonumber(q)) end", in: &source)
            }
            if Sabotage.baseWithoutVersion.isOn {
                exchange("if version > old_version then", "if true then", in: &source)
            }
            return source
        #else
            source
        #endif
    }

    #if HOLDFAST_FAILPOINTS
        private static func exchange(_ old: String, _ new: String, in source: inout String) {
            let parts = source.split(separator: old, omittingEmptySubsequences: false)
            precondition(parts.count == 2, "the library no longer has \(old)")
            source = parts.joined(separator: new)
        }
    #endif
}
