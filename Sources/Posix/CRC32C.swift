import CLinux

/// The CRC-32C (Castagnoli) checksum that guards every journal line.
package struct CRC32C: Equatable, Sendable {
    /// The checksum of what was added so far.
    package private(set) var value: UInt32 = 0

    /// The checksum of nothing.
    package init() {}

    /// Adds bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        value = unsafe CLinux_crc32c(value, bytes.baseAddress, bytes.count)
    }
}
