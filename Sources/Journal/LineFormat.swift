/// The fixed parts of a journal line.
///
/// `{"specversion":"1.0","id":"` + id + encoded event + `,"crc32c":"` + 8 digits + `"}` + line feed.
package enum LineFormat {
    /// The longest line, line feed included: a body of 8 MiB in base 64, and 64 KiB for all else.
    package static let lineBytesMax = ((8 << 20) + 2) / 3 * 4 + (64 << 10)

    /// No line is shorter, line feed included.
    package static let lineBytesMin = head.utf8CodeUnitCount + 1 + sourceHead.utf8CodeUnitCount + trailerBytes

    /// The largest id: jq 1.6 and JavaScript count exactly as far as 2^53.
    package static let sequenceMax: UInt64 = 1 << 53 - 1

    /// What comes before the id.
    static let head: StaticString = "{\"specversion\":\"1.0\",\"id\":\""
    /// What comes behind the id.
    static let sourceHead: StaticString = "\",\"source\":\""
    /// What comes behind all that the checksum covers.
    static let checksumHead: StaticString = ",\"crc32c\":\""
    /// What comes behind the checksum's eight digits.
    static let checksumTail: StaticString = "\"}\n"

    /// The bytes behind those that the checksum covers, line feed included.
    static let trailerBytes = checksumHead.utf8CodeUnitCount + 8 + checksumTail.utf8CodeUnitCount
}

extension [UInt8] {
    /// Appends text that is known when compiling.
    mutating func append(_ text: StaticString) {
        unsafe append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
