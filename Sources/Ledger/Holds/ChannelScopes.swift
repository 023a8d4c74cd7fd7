import Domain

/// The channels that the callers of a batch are held to, as a statement takes them: each set of channels once.
struct ChannelScopes {
    /// The number of each caller's set, in the order given; 0 where the caller is held to none.
    private(set) var numbers: [Int32] = []
    /// The channels of each set, by code.
    private(set) var rows: [(number: Int32, channel: String)] = []

    /// Numbers the sets of scopes from 1 on.
    init(_ scopes: [Scope]) {
        var known: [Set<String>: Int32] = [:]
        for scope in scopes {
            guard let channels = scope.channels else {
                numbers.append(0)
                continue
            }
            if let number = known[channels] {
                numbers.append(number)
                continue
            }
            let number = Int32(known.count + 1)
            known[channels] = number
            numbers.append(number)
            for channel in channels { rows.append((number, channel)) }
        }
    }
}
