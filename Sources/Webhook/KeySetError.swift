/// Why bytes are no key set that can be verified with.
package struct KeySetError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The reasons there are; the raw value is fit for a metric's label.
    package enum Code: String, CaseIterable, Sendable {
        /// More than ``KeySet/byteCountMax`` bytes.
        case tooLarge = "too_large"
        /// Not an object with an array `keys` (RFC 7517 §5).
        case malformed
        /// More than ``KeySet/keysMax`` entries.
        case tooManyKeys = "too_many_keys"
        /// Not one entry is an Ed25519 key.
        case noUsableKey = "no_usable_key"
    }

    /// The reason.
    package let code: Code

    /// Makes the error.
    package init(_ code: Code) {
        self.code = code
    }

    /// What is wrong and what to do about it.
    package var description: String {
        switch code {
        case .tooLarge: "the key set has more than \(KeySet.byteCountMax) bytes; check the URL or file of --keys"
        case .malformed: "this is no JSON Web Key Set; check the URL or file of --keys"
        case .tooManyKeys: "the key set has more than \(KeySet.keysMax) keys; check the URL or file of --keys"
        case .noUsableKey: "the key set has no Ed25519 key; check the URL or file of --keys"
        }
    }
}
