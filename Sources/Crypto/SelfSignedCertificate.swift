internal import COpenSSL

/// A TLS certificate that signs itself, for the emulator: to be trusted by being named, as with `SSL_CERT_FILE`.
///
/// P-256, because every client knows it. It is its own authority (`CA:TRUE`) and has the identifiers that Python 3.13
/// asks for by default (`VERIFY_X509_STRICT`: RFC 5280 §4.2.1.1, §4.2.1.2, §4.2.1.9).
package struct SelfSignedCertificate: Sendable {
    /// The certificate, in PEM.
    package let certificatePEM: String

    /// The private key, in PEM (PKCS #8, not encrypted): a secret.
    package let privateKeyPEM: String

    /// Makes a key and its certificate.
    ///
    /// - Parameters:
    ///   - names: Host names it is for; letters, digits, `-`, `.` and `*`.
    ///   - addresses: IP addresses it is for, in text.
    ///   - now: The present, in seconds since 1970; it is valid from an hour before, for clocks that differ.
    ///   - validSeconds: For how many seconds from now.
    /// - Returns: The certificate and its key.
    /// - Throws: ``CryptoError`` if a name or address is not one, if there is none at all, or if OpenSSL fails.
    package static func make(
        names: [String],
        addresses: [String],
        now: Int,
        validSeconds: Int
    ) throws(CryptoError) -> SelfSignedCertificate {
        let subject = try alternativeNames(names: names, addresses: addresses)
        let key = try makeKey()
        let certificate = try Certificate()
        try certificate.setIdentity(key: key, commonName: names.first ?? addresses[0])
        try certificate.setValidity(from: now - 3600, until: now + validSeconds)
        // The key's own identifier first: the authority's is copied from it.
        try certificate.addExtension(NID_basic_constraints, "critical,CA:TRUE")
        try certificate.addExtension(NID_key_usage, "critical,digitalSignature,keyCertSign")
        try certificate.addExtension(NID_ext_key_usage, "serverAuth")
        try certificate.addExtension(NID_subject_key_identifier, "hash")
        try certificate.addExtension(NID_authority_key_identifier, "keyid:always")
        try certificate.addExtension(NID_subject_alt_name, subject)
        return unsafe SelfSignedCertificate(
            certificatePEM: try certificate.signedPEM(with: key),
            privateKeyPEM: try pem { unsafe PEM_write_bio_PrivateKey($0, key.pointer, nil, nil, 0, nil, nil) }
        )
    }

    /// The extension's value in the language of x509v3_config(5), in which a comma or a line end would start anew.
    private static func alternativeNames(names: [String], addresses: [String]) throws(CryptoError) -> String {
        func isAllowed(_ text: String, _ others: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy { byte in
                    let scalar = Unicode.Scalar(byte)
                    return scalar.properties.isASCIIHexDigit || ("a"..."z").contains(scalar)
                        || ("A"..."Z").contains(scalar) || others.utf8.contains(byte)
                }
        }
        guard !(names + addresses).isEmpty, names.allSatisfy({ isAllowed($0, "-.*") }),
            addresses.allSatisfy({ isAllowed($0, ".:") })
        else { throw CryptoError(operation: .certificate, detail: "a host name or address is missing or malformed") }
        return (names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }).joined(separator: ",")
    }

    private static func makeKey() throws(CryptoError) -> EVPKey {
        let context = unsafe try OpenSSLErrorQueue.require(.certificate, EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil))
        defer { unsafe EVP_PKEY_CTX_free(context) }
        unsafe try OpenSSLErrorQueue.require(.certificate, EVP_PKEY_keygen_init(context))
        unsafe try OpenSSLErrorQueue.require(
            .certificate,
            EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
        )
        var key: OpaquePointer?
        unsafe try OpenSSLErrorQueue.require(.certificate, EVP_PKEY_keygen(context, &key))
        let owned = unsafe try OpenSSLErrorQueue.require(.certificate, key)
        return unsafe EVPKey(owning: owned)
    }
}

/// The text that a PEM writer of OpenSSL makes; the writer returns 1 for success.
private func pem(_ write: (_ output: OpaquePointer) -> Int32) throws(CryptoError) -> String {
    let output = unsafe try OpenSSLErrorQueue.require(.certificate, BIO_new(BIO_s_mem()))
    defer { unsafe BIO_free_all(output) }
    unsafe try OpenSSLErrorQueue.require(.certificate, write(output))
    var text = unsafe [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
    let count = unsafe text.withUnsafeMutableBytes {
        unsafe BIO_read(output, $0.baseAddress, Int32(clamping: $0.count))
    }
    guard count == text.count else { throw OpenSSLErrorQueue.takeError(.certificate) }
    return String(decoding: text, as: UTF8.self)
}

/// The one owner of an X.509 certificate while it is put together.
@safe
private struct Certificate: ~Copyable {
    private let pointer: OpaquePointer

    init() throws(CryptoError) {
        unsafe pointer = try OpenSSLErrorQueue.require(.certificate, X509_new())
    }

    deinit {
        unsafe X509_free(pointer)
    }

    /// Version 3, a random serial number, and the same subject as issuer.
    borrowing func setIdentity(key: EVPKey, commonName: String) throws(CryptoError) {
        // RFC 5280 §4.1.2.2: positive; 63 random bits are as many as tell two emulators apart.
        let serial = try randomBytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1
        unsafe try OpenSSLErrorQueue.require(.certificate, X509_set_version(pointer, 2))
        unsafe try OpenSSLErrorQueue.require(
            .certificate,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(pointer), max(serial, 1))
        )
        unsafe try OpenSSLErrorQueue.require(.certificate, X509_set_pubkey(pointer, key.pointer))
        let name = unsafe X509_get_subject_name(pointer)
        // 64 characters are the most a common name may have (RFC 5280, ub-common-name).
        let text = Array(commonName.utf8.prefix(64))
        let added = unsafe text.withUnsafeBufferPointer {
            unsafe X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, $0.baseAddress, Int32($0.count), -1, 0)
        }
        try OpenSSLErrorQueue.require(.certificate, added)
        unsafe try OpenSSLErrorQueue.require(.certificate, X509_set_issuer_name(pointer, name))
    }

    /// The first and the last second of its validity, in seconds since 1970.
    borrowing func setValidity(from start: Int, until end: Int) throws(CryptoError) {
        let first = unsafe ASN1_TIME_set(X509_getm_notBefore(pointer), start) != nil
        let last = unsafe ASN1_TIME_set(X509_getm_notAfter(pointer), end) != nil
        guard first, last else { throw OpenSSLErrorQueue.takeError(.certificate) }
    }

    /// Adds an extension by its value in the language of x509v3_config(5).
    borrowing func addExtension(_ identifier: Int32, _ value: String) throws(CryptoError) {
        var context = unsafe X509V3_CTX()
        unsafe X509V3_set_ctx(&context, pointer, pointer, nil, nil, 0)
        let created = unsafe X509V3_EXT_conf_nid(nil, &context, identifier, value)
        let made = unsafe try OpenSSLErrorQueue.require(.certificate, created)
        defer { unsafe X509_EXTENSION_free(made) }
        // X509_add_ext(3) copies the extension.
        unsafe try OpenSSLErrorQueue.require(.certificate, X509_add_ext(pointer, made, -1))
    }

    /// Signs with SHA-256 and writes it out.
    borrowing func signedPEM(with key: EVPKey) throws(CryptoError) -> String {
        // X509_sign(3) returns the signature's length, 0 for failure.
        let length = unsafe X509_sign(pointer, key.pointer, EVP_sha256())
        try OpenSSLErrorQueue.require(.certificate, length > 0 ? 1 : 0)
        let pointer = unsafe self.pointer
        return unsafe try pem { unsafe PEM_write_bio_X509($0, pointer) }
    }
}
