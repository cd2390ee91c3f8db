/// A small generator whose every run can be had again (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// The generator of a seed.
    package init(seed: UInt64) {
        state = seed
    }

    /// The generator of a seed and a name, so that what one name draws does not depend on what others drew.
    package init(seed: UInt64, name: String) {
        // FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): a hash that is the same in every run.
        state = name.utf8.reduce(seed ^ 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True half of the times.
    package mutating func coin() -> Bool {
        next() >> 63 == 0
    }

    /// True once in so many times.
    package mutating func once(in times: Int) -> Bool {
        Int.random(in: 0..<times, using: &self) == 0
    }
}
