extension Ed25519PublicKey {
    /// The seven encodings of points of small order, their sign bit left out.
    ///
    /// Under such a key a signature of zeros is valid for one message in four or so, and OpenSSL does not refuse it (RFC 8032
    /// leaves that open). The list is that of libsodium's `ge25519_has_small_order`
    /// (https://github.com/jedisct1/libsodium/blob/master/src/libsodium/crypto_core/ed25519/ref10/ed25519_ref10.c).
    private static let smallOrder: [[UInt8]] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].compactMap { Hex.decode($0) }

    /// Whether the bytes of a key are a point of small order, with which anybody can sign.
    static func isOfSmallOrder(_ rawBytes: Span<UInt8>) -> Bool {
        smallOrder.contains { point in
            point.indices.allSatisfy { index in
                let isLast = index == byteCount - 1
                return point[index] == (isLast ? rawBytes[index] & 0x7F : rawBytes[index])
            }
        }
    }
}
