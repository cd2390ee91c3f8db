/// A fal key, `id:secret`, that can be sent and cannot be shown.
package struct FalKey: Sendable, Equatable {
    /// The longest key taken, in bytes.
    package static let bytesMax = 1024

    private let text: String

    /// Takes a key; white space around it, as a file has at its end, is dropped.
    ///
    /// - Throws: ``FalKeyError`` when it is empty, too long, not of the form `id:secret`, or holds what a header cannot.
    package init(_ text: String) throws(FalKeyError) {
        let key = text.utf8.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        guard !key.isEmpty else { throw .empty }
        guard key.count <= Self.bytesMax else { throw .tooLong }
        guard key.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw .character }
        // fal's answer to anything else is 401 "Expected '<key_id>:<key_secret>'".
        guard let colon = key.firstIndex(of: UInt8(ascii: ":")), colon != key.startIndex, key.last != UInt8(ascii: ":")
        else { throw .form }
        self.text = String(decoding: key, as: UTF8.self)
    }

    /// The value of the `Authorization` header (https://fal.ai/docs/inference-api/queue/submit).
    var authorization: String { "Key \(text)" }
}

extension FalKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always the same, whatever the key.
    package var description: String { "<fal key>" }
    /// Always the same, whatever the key.
    package var debugDescription: String { description }
    /// Shows nothing, so that `dump` does not either.
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Why a text is no fal key; never holds the text.
package enum FalKeyError: String, Error, Sendable, CaseIterable, CustomStringConvertible {
    case empty
    case tooLong
    case character
    case form
    case unreadable

    /// What is wrong and what to do.
    package var description: String {
        switch self {
        case .empty: "the fal key is empty"
        case .tooLong: "the fal key is longer than \(FalKey.bytesMax) bytes"
        case .character: "the fal key holds a space or a character that is not ASCII"
        case .form: "the fal key must have the form KEY_ID:KEY_SECRET, as https://fal.ai/dashboard/keys shows it"
        case .unreadable: "the file with the fal key cannot be read"
        }
    }
}

private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
}
