import Testing

@testable import EventStream

@Suite struct OutputBufferTests {
    private func event(_ id: Int) -> String { #"{"specversion":"1.0","id":"\#(id)","x":1}"# + "\n" }

    private func contents(_ buffer: OutputBuffer) -> String {
        buffer.withBytes { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
    }

    @Test func unsentEventsAreLeftOutAndTheLineThatIsBegunIsNot() {
        let reply = "{\"frame\":\"reply\"}\n"
        let lines = event(7) + event(8) + reply + event(9) + "{\"frame\":\"caught_up\",\"id\":\"9\"}\n"
        for sent in 0..<lines.utf8.count {
            var buffer = OutputBuffer()
            buffer.keepRest(of: Array(lines.utf8), from: sent)
            let first = buffer.dropUnsentEvents()
            let text = String(lines.prefix(sent)) + contents(buffer)
            let whole = [event(7), event(8), event(9)].filter { text.contains($0) }.count
            #expect(text.hasSuffix("\n") && text.contains(reply))
            #expect(first == (whole == 3 ? nil : UInt64(7 + whole)))
            #expect(text.contains("caught_up") == (whole == 3))
        }
    }

    @Test func bytesLeaveInTheirOrder() {
        var buffer = OutputBuffer()
        var expected = ""
        var got = ""
        for round in 0..<200 {
            let line = "line \(round)\n"
            expected += line
            if buffer.isEmpty {
                buffer.keepRest(of: Array(line.utf8), from: 0)
            } else {
                buffer.append(Array(line.utf8))
            }
            let taken = min(buffer.count, round % 13)
            got += String(contents(buffer).prefix(taken))
            buffer.drop(taken)
        }
        got += contents(buffer)
        #expect(got == expected)
    }
}
