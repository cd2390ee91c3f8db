/// Ids of requests: UUIDs of version 7 (RFC 9562, 5.7), as fal's look since 2026.
enum RequestID {
    /// How many random bytes an id takes.
    static let randomBytes = 10

    /// Writes an id.
    ///
    /// - Parameters:
    ///   - time: Microseconds since 1970; its milliseconds are the id's first 48 bits.
    ///   - random: ``randomBytes`` random bytes.
    /// - Returns: 36 characters, lower case.
    static func make(time: Int64, random: [UInt8]) -> String {
        precondition(random.count == randomBytes, "an id takes \(randomBytes) random bytes")
        let milliseconds = UInt64(max(time, 0) / 1_000)
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) } + random
        bytes[6] = 0x70 | bytes[6] & 0x0F
        bytes[8] = 0x80 | bytes[8] & 0x3F
        var text = ""
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += byte < 16 ? "0" : ""
            text += String(byte, radix: 16)
        }
        return text
    }
}
