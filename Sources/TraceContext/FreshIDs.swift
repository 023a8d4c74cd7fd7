import Synchronization

/// Numbers that no other process, and this one no second time, is likely to make.
///
/// They name things and are no secrets: a counter is mixed with what the system gave once, which costs nanoseconds where
/// asking the system each time costs a call of the kernel.
enum FreshIDs {
    private static let seed = UInt64.random(in: .min ... .max)
    private static let counter = Atomic<UInt64>(UInt64.random(in: .min ... .max))

    /// A number that is not 0.
    static func next() -> UInt64 {
        while true {
            let count = counter.wrappingAdd(0x9e37_79b9_7f4a_7c15, ordering: .relaxed).newValue
            // The finalizer of SplitMix64.
            var value = count ^ seed
            value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
            value ^= value >> 31
            if value != 0 { return value }
        }
    }
}
