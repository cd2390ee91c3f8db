internal import COpenSSL

/// The one owner of an OpenSSL key.
@safe
final class EVPKey: @unchecked Sendable {  // The key is never changed, and EVP_PKEY counts its references atomically.
    let pointer: OpaquePointer
    /// Contexts for signatures of this key.
    let contexts = DigestContextPool()

    /// Takes over the reference.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }
}
