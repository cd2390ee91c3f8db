import Crypto
import Testing

/// RFC 8032 §7.1.
private struct Vector: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let seed, publicKey, message, signature: String

    static let all = [
        Vector(
            testDescription: "TEST 1",
            seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            message: "",
            signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555"
                + "fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        Vector(
            testDescription: "TEST 2",
            seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            message: "72",
            signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        Vector(
            testDescription: "TEST 3",
            seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            message: "af82",
            signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
        Vector(
            testDescription: "TEST SHA(abc)",
            seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
                + "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ]
}

@Suite("Ed25519")
struct Ed25519Tests {
    @Test(
        "a key with which anybody can sign is none, whatever its sign",
        arguments: [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ]
    )
    func smallOrder(hex: String) throws {
        var bytes = try #require(Hex.decode(hex))
        #expect(throws: CryptoError.self) { try Ed25519PublicKey(rawBytes: bytes.span) }
        bytes[31] ^= 0x80
        #expect(throws: CryptoError.self) { try Ed25519PublicKey(rawBytes: bytes.span) }
    }

    @Test("keys and signatures are those of RFC 8032", arguments: Vector.all)
    fileprivate func vectors(vector: Vector) throws {
        let message = try #require(Hex.decode(vector.message))
        let signature = try #require(Hex.decode(vector.signature))
        let seed = try #require(Hex.decode(vector.seed))
        let rawBytes = try #require(Hex.decode(vector.publicKey))
        let key = try Ed25519PrivateKey(seed: seed.span)
        let publicKey = try Ed25519PublicKey(rawBytes: rawBytes.span)
        #expect(key.publicKey == publicKey)
        #expect(try key.sign(message.span) == signature)
        #expect(publicKey.isValidSignature(signature, for: message))
        #expect(!publicKey.isValidSignature(signature, for: (message + [0])))
    }

    @Test("one changed bit anywhere in a signature makes it invalid")
    func everyBit() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 7, count: 32).span)
        let message = Array("message".utf8)
        let signature = try key.sign(message.span)
        for bit in 0..<signature.count * 8 {
            var changed = signature
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(!key.publicKey.isValidSignature(changed, for: message))
        }
    }

    @Test("keys, seeds and signatures of a wrong length are refused", arguments: [0, 1, 31, 33, 63, 65, 128])
    func lengths(count: Int) throws {
        let bytes = [UInt8](repeating: 1, count: count)
        #expect(throws: CryptoError.self) { try Ed25519PublicKey(rawBytes: bytes.span) }
        #expect(throws: CryptoError.self) { try Ed25519PrivateKey(seed: bytes.span) }
        let key = try Ed25519PrivateKey()
        #expect(!key.publicKey.isValidSignature(bytes, for: bytes))
    }

    @Test("bytes that are no point of the curve verify nothing")
    func notAPoint() throws {
        let key = try Ed25519PublicKey(rawBytes: [UInt8](repeating: 0xFF, count: 32).span)
        #expect(!key.isValidSignature([UInt8](repeating: 0, count: 64), for: [1]))
    }

    @Test("a random key signs for itself and for nobody else")
    func random() throws {
        let (one, other) = (try Ed25519PrivateKey(), try Ed25519PrivateKey())
        let signature = try one.sign([1, 2, 3].span)
        #expect(one.publicKey.isValidSignature(signature, for: [1, 2, 3]))
        #expect(!other.publicKey.isValidSignature(signature, for: [1, 2, 3]))
    }

    @Test("one key verifies on many threads at once")
    func concurrently() async throws {
        let key = try Ed25519PrivateKey()
        let message = Array("message".utf8)
        let signature = try key.sign(message.span)
        let wrong = [UInt8](repeating: 0, count: 64)
        let right = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (0..<50).count { _ in
                        key.publicKey.isValidSignature(signature, for: message)
                            && !key.publicKey.isValidSignature(wrong, for: message)
                    }
                }
            }
            return await group.reduce(0) { $0 + $1 }
        }
        #expect(right == 400)
    }
}
