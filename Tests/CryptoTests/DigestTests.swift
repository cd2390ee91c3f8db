import Crypto
import Testing

@Suite("SHA-256, randomness, comparison")
struct DigestTests {
    @Test(
        "digests are those of FIPS 180-4",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
        ]
    )
    func digests(text: String, hex: String) {
        let bytes = Array(text.utf8)
        #expect(SHA256.digest(bytes).hex == hex)
        #expect(SHA256.digest(bytes).bytes.count == SHA256Digest.byteCount)
    }

    @Test("a digest in pieces is the digest of the whole", arguments: [1, 7, 63, 64, 65, 1000])
    func pieces(size: Int) {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 10_000)
        var digest = SHA256()
        for start in stride(from: 0, to: bytes.count, by: size) {
            digest.update(bytes[start..<min(start + size, bytes.count)].span)
        }
        #expect(digest.finalize() == SHA256.digest(bytes))
    }

    @Test("random bytes have the length asked for and do not repeat")
    func random() throws {
        #expect(try randomBytes(0).isEmpty)
        #expect(try randomBytes(1).count == 1)
        #expect(try randomBytes(32) != randomBytes(32))
    }

    @Test("comparison in constant time is comparison")
    func comparison() {
        let bytes: [UInt8] = [1, 2, 3]
        let empty: [UInt8] = []
        #expect(isEqualInConstantTime(bytes, [1, 2, 3]))
        #expect(!isEqualInConstantTime(bytes, [1, 2, 4]))
        #expect(!isEqualInConstantTime(bytes, [1, 2]))
        #expect(!isEqualInConstantTime(bytes, empty))
        #expect(isEqualInConstantTime(empty, empty))
    }
}
