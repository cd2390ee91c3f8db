import Crypto
import Journal

/// A text of the submitter's that makes a submission the same submission, however often it is asked for.
///
/// The submission's id follows from the key, so that nothing has to be kept to find it again: the book knows its ids
/// anyway, also at a start from indexes, and for as long as the journal keeps anything about the submission.
package struct IdempotencyKey: Hashable, Sendable {
    /// The longest key, bytes.
    package static let bytesMax = 256

    /// The key as it was given.
    package let text: String

    /// Takes a key; nil when it is empty or longer than ``bytesMax``.
    package init?(_ text: String) {
        guard !text.isEmpty, text.utf8.count <= Self.bytesMax else { return nil }
        self.text = text
    }

    /// The id that a submission with this key has: a UUID version 8 made of the first 16 bytes of a SHA-256.
    ///
    /// It holds no time; version 8 leaves all other bits to whoever makes it
    /// (RFC 9562, section 5.8, https://www.rfc-editor.org/rfc/rfc9562#section-5.8).
    package var submission: SubmissionID {
        // The words in front keep these ids apart from other uses of the same hash.
        var bytes = Array(SHA256.digest(Array("falconer idempotency key\n\(text)".utf8).span).bytes.prefix(16))
        bytes[6] = bytes[6] & 0x0F | 0x80
        bytes[8] = bytes[8] & 0x3F | 0x80
        return SubmissionID(bytes: bytes[...])
    }
}
