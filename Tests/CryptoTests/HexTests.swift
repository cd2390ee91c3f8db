import Crypto
import Testing

@Suite struct HexTests {
    private static let digits = Array("0123456789abcdefABCDEF".utf8)

    @Test(arguments: [2, 8, 10, 16, 18]) func everyByteIsADigitInEveryPlaceOrNone(count: Int) {
        for place in 0..<count {
            for byte in UInt8.min...UInt8.max {
                var text = [UInt8](repeating: UInt8(ascii: "0"), count: count)
                text[place] = byte
                let decoded = Hex.decode(text.span)
                guard let value = Self.digits.firstIndex(of: byte).map({ UInt8($0 < 16 ? $0 : $0 - 6) }) else {
                    #expect(decoded == nil, "\(byte) at \(place) of \(count)")
                    continue
                }
                var expected = [UInt8](repeating: 0, count: count / 2)
                expected[place / 2] = place.isMultiple(of: 2) ? value << 4 : value
                #expect(decoded == expected, "\(byte) at \(place) of \(count)")
            }
        }
    }

    @Test func everyByteComesBackInBothCases() {
        for first in stride(from: 0, to: 256, by: 8) {
            let bytes = (first..<first + 8).map { UInt8($0) }
            let text = Hex.encode(bytes.span)
            #expect(Hex.decode(text) == bytes)
            #expect(Hex.decode(text.uppercased()) == bytes)
            #expect(Hex.decode(text[...]) == bytes)
        }
    }

    @Test func anOddNumberOfDigitsStandsForNothing() {
        #expect(Hex.decode("abc") == nil)
        #expect(Hex.decode("00112233445566778") == nil)
        #expect(Hex.decode("") == [])
    }
}
