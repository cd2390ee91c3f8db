import Crypto
import Testing

@Suite("Hexadecimal and base 64")
struct EncodingTests {
    @Test("hexadecimal is written in lower case and read in both")
    func hex() {
        let bytes = (0...255).map { UInt8($0) }
        let text = Hex.encode(bytes)
        #expect(text.hasPrefix("000102030405060708090a0b") && text.hasSuffix("fdfeff"))
        #expect(Hex.decode(text) == bytes)
        #expect(Hex.decode(text.uppercased()) == bytes)
        #expect(Hex.decode("") == [])
    }

    @Test(
        "what is not hexadecimal is refused",
        arguments: ["0", "000", "0g", "0x00", " 00", "00 ", "0\n", "００", "+1", "-1"]
    )
    func badHex(text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test(
        "base 64 gives the values of RFC 4648 §10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func base64(text: String, encoded: String) {
        let bytes = Array(text.utf8)
        #expect(Base64.encode(bytes) == encoded)
        #expect(Base64.decode(encoded) == bytes)
        #expect(Base64.encodeURL(bytes) == String(encoded.prefix { $0 != "=" }))
        #expect(Base64.decodeURL(encoded) == bytes)
        #expect(Base64.decodeURL(encoded.prefix { $0 != "=" }) == bytes)
    }

    @Test("each alphabet has its own two characters")
    func alphabets() {
        let bytes: [UInt8] = [0xFB, 0xFF, 0xBF]
        #expect(Base64.encode(bytes) == "+/+/")
        #expect(Base64.encodeURL(bytes) == "-_-_")
        #expect(Base64.decode("+/+/") == bytes)
        #expect(Base64.decodeURL("-_-_") == bytes)
        #expect(Base64.decode("-_-_") == nil)
        #expect(Base64.decodeURL("+/+/") == nil)
    }

    @Test("every length survives", arguments: 0..<70)
    func lengths(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 7) }
        #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        #expect(Base64.decodeURL(Base64.encodeURL(bytes)) == bytes)
        #expect(Hex.decode(Hex.encode(bytes)) == bytes)
    }

    @Test(
        "what no encoder writes is refused by both decoders",
        arguments: [
            "Z", "Zg=", "Zg===", "Zm9v=", "Zm9v==", "=", "==", "====", "Zh==", "Zm9=", "Zg==Zg==", "Z g=", "Zm9v\n",
            "Zm9v!",
            "Zé==",
        ]
    )
    func badBase64(text: String) {
        #expect(Base64.decode(text) == nil)
        #expect(Base64.decodeURL(text) == nil)
    }

    @Test("standard base 64 needs its padding")
    func paddingNeeded() {
        #expect(Base64.decode("Zg") == nil)
        #expect(Base64.decode("Zm8") == nil)
    }
}
