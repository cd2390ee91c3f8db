internal import COpenSSL

/// OpenSSL's SHA-256, looked up once.
///
/// What `EVP_sha256()` names is looked up again at each use, under a lock (crypto(7), "Implicit fetching").
@safe
final class SHA256Algorithm: @unchecked Sendable {  // EVP_MD is never changed, and lives as long as the process.
    static let fetched = SHA256Algorithm()

    let pointer: OpaquePointer

    private init() {
        guard let pointer = unsafe EVP_MD_fetch(nil, "SHA256", nil) else { preconditionFailure("no SHA-256") }
        unsafe self.pointer = unsafe pointer
    }
}
