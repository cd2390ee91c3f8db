internal import COpenSSL

/// The one owner of an OpenSSL key.
@safe
final class EVPKey: @unchecked Sendable {  // The key is never changed, and EVP_PKEY counts its references atomically.
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }
}

/// A digest context for the length of one call.
///
/// A new one for each signature costs 2 of 105 microseconds, so it is not kept.
@safe
struct DigestContext: ~Copyable {
    let pointer: OpaquePointer

    init() {
        guard let pointer = unsafe EVP_MD_CTX_new() else { preconditionFailure("no memory for a signature's context") }
        unsafe self.pointer = unsafe pointer
    }

    deinit {
        unsafe EVP_MD_CTX_free(pointer)
    }
}
