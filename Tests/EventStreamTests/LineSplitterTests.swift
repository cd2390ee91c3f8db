import Testing

@testable import EventStream

@Suite struct LineSplitterTests {
    @Test func aLineIsCutOutAtEveryPossibleSplit() {
        let bytes = Array("{\"op\":\"a\"}\n\nlast\r\n".utf8)
        for split in 0...bytes.count {
            var splitter = LineSplitter(lineBytesMax: 100)
            var lines: [String] = []
            for part in [bytes[..<split], bytes[split...]] {
                splitter.append(part)
                while case .line(let line) = splitter.next() { lines.append(String(decoding: line, as: UTF8.self)) }
            }
            #expect(lines == ["{\"op\":\"a\"}", "", "last"])
            #expect(splitter.count == 0)
        }
    }

    @Test func aLineOfTheLimitPassesAndOneByteMoreDoesNot() {
        var splitter = LineSplitter(lineBytesMax: 4)
        splitter.append(Array("abcd".utf8)[...])
        #expect(splitter.next() == .incomplete)
        splitter.append(Array("\n".utf8)[...])
        #expect(splitter.next() == .line(Array("abcd".utf8)))
        splitter.append(Array("abcde".utf8)[...])
        #expect(splitter.next() == .tooLong)
        var other = LineSplitter(lineBytesMax: 4)
        other.append(Array("abcde\n".utf8)[...])
        #expect(other.next() == .tooLong)
    }

    @Test func theRestOfALineIsThereWhenNoMoreBytesCome() {
        var splitter = LineSplitter(lineBytesMax: 10)
        splitter.append(Array("a\nrest".utf8)[...])
        #expect(splitter.next() == .line([UInt8(ascii: "a")]))
        #expect(splitter.next() == .incomplete)
        #expect(splitter.takeRest() == Array("rest".utf8))
        #expect(splitter.takeRest() == nil)
    }
}
