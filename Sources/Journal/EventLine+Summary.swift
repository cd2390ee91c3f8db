import Crypto
import Posix

/// What an event's summary holds of a line, taken from its bytes without making texts of them: a start asks it of
/// every line.
extension EventLine {
    /// The id of fal's request, in short.
    func requestKey(_ hasher: inout SHA256Hasher) -> EventKey? {
        let bytes = rawBytes(.subject)
        guard !bytes.isEmpty else { return nil }
        guard isPlain(bytes) else { return subject.map { EventKey(hashing: $0) } }
        let (high, low) = hasher.prefix(of: storage.span.extracting(bytes.indices))
        return EventKey(high: high, low: low)
    }

    /// Our own id of the submission, where it is a UUID.
    var submissionKey: EventKey? {
        let bytes = rawBytes(.submission)
        return isPlain(bytes) ? EventKey(uuid: bytes) : submission.flatMap { EventKey(uuid: $0) }
    }

    /// The first 64 bits of the SHA-256 of the data; 0 where there is none.
    func fingerprint(_ hasher: inout SHA256Hasher) -> UInt64 {
        guard dataForm == .verbatim, let range = header.data?.range else {
            return data.map { EventSummary.fingerprint(of: $0) } ?? 0
        }
        return hasher.prefix(of: storage.span.extracting(start + range.lowerBound..<start + range.upperBound)).high
    }

    /// The eight digits of the checksum as they stand in the line.
    var checksumDigits: UInt64 {
        let line = bytes
        let end = line.endIndex - (line.last == UInt8(ascii: "\n") ? 1 : 0) - 2
        return line[end - 8..<end].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Whether bytes are a text as they stand, without escapes and without anything beyond ASCII.
    private func isPlain(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 < 0x80 && $0 != UInt8(ascii: "\\") }
    }
}
