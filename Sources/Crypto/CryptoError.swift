/// A cryptographic operation that could not be done.
///
/// Never the answer to "is this signature valid": a wrong signature is `false`, not an error.
package struct CryptoError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The operations that can fail.
    package enum Operation: String, Sendable {
        /// Reading a public key.
        case publicKey = "public_key"
        /// Reading or making a private key.
        case privateKey = "private_key"
        /// Signing.
        case sign
        /// Drawing random bytes.
        case random
        /// Making a certificate.
        case certificate
    }

    /// What was tried.
    package let operation: Operation

    /// Why it failed: OpenSSL's own words where it has some.
    ///
    /// Fit for a log, holds no key.
    package let detail: String

    /// What was tried and why it failed.
    package var description: String { "\(operation.rawValue): \(detail)" }
}
