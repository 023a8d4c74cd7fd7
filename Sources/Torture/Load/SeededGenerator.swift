import Domain

/// A generator whose numbers follow from its seed alone.
///
/// xoshiro256** with its state filled by splitmix64, as its authors advise.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes a generator.
    package init(seed: UInt64) {
        var filling = SplitMix64(state: seed)
        state = (filling.next(), filling.next(), filling.next(), filling.next())
    }

    /// A generator of its own for a part of the run, so that parts do not disturb each other.
    package init(seed: UInt64, part: UInt64) {
        var root = SeededGenerator(seed: seed ^ (part &* 0xD1B5_4A32_D192_ED03))
        self.init(seed: root.next())
    }

    package mutating func next() -> UInt64 {
        func rotated(_ value: UInt64, _ by: UInt64) -> UInt64 { (value << by) | (value >> (64 - by)) }
        let result = rotated(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotated(state.3, 45)
        return result
    }

    /// True with a chance of `percent` in a hundred.
    package mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }
}
