/// Which entries of a table have a hash: numbers in open addressing, four bytes a slot.
///
/// It knows neither entries nor keys: whoever asks tells it hashes, and which number is meant.
struct HashIndex: Sendable {
    /// The numbers that an index can hold are below this; the table counts modulo it.
    static let numbersEnd: UInt32 = 1 << 31
    /// The slots of an index that has anything in it.
    static let slotsMin = 16

    /// 0 is free; anything else is a number and one.
    private var slots: [UInt32] = []

    /// How many numbers it holds.
    private(set) var count = 0

    /// The memory it takes, bytes.
    var byteCount: Int { slots.capacity * MemoryLayout<UInt32>.stride }

    /// The first number under a hash that is the one that is looked for.
    func first(_ hash: UInt64, where isMeant: (UInt32) -> Bool) -> UInt32? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 {
            if isMeant(slots[slot] - 1) { return slots[slot] - 1 }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Adds a number.
    ///
    /// - Parameters:
    ///   - number: Less than ``numbersEnd``.
    ///   - hash: Its hash.
    ///   - hashOf: The hash of any number that is in the index; asked when it grows.
    mutating func insert(_ number: UInt32, hash: UInt64, hashOf: (UInt32) -> UInt64) {
        // Three quarters full at most, so that what is looked for is found, or found missing, after a few slots.
        if (count + 1) * 4 > slots.count * 3 { grow(hashOf) }
        Self.put(number, hash, in: &slots)
        count += 1
    }

    /// Takes out a number that is in it.
    mutating func remove(_ number: UInt32, hash: UInt64, hashOf: (UInt32) -> UInt64) {
        guard !slots.isEmpty else { return }
        let mask = slots.count - 1
        var free = Int(truncatingIfNeeded: hash) & mask
        while slots[free] != number + 1 {
            guard slots[free] != 0 else { return }
            free = (free + 1) & mask
        }
        // What was pushed aside moves back, so that no mark has to stay in the place.
        var next = (free + 1) & mask
        while slots[next] != 0 {
            let home = Int(truncatingIfNeeded: hashOf(slots[next] - 1)) & mask
            if (next - home) & mask >= (next - free) & mask {
                slots[free] = slots[next]
                free = next
            }
            next = (next + 1) & mask
        }
        slots[free] = 0
        count -= 1
    }

    private mutating func grow(_ hashOf: (UInt32) -> UInt64) {
        var larger = [UInt32](repeating: 0, count: max(Self.slotsMin, slots.count * 2))
        for slot in slots where slot != 0 { Self.put(slot - 1, hashOf(slot - 1), in: &larger) }
        slots = larger
    }

    private static func put(_ number: UInt32, _ hash: UInt64, in slots: inout [UInt32]) {
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while slots[slot] != 0 { slot = (slot + 1) & mask }
        slots[slot] = number + 1
    }
}
