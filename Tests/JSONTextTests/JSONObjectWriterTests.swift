import JSONText
import Testing

@Suite struct JSONObjectWriterTests {
    @Test func writesMembersInTheOrderGiven() {
        var writer = JSONObjectWriter()
        writer.member("text", "a \"b\"\n")
        writer.member("left out", nil as String?)
        writer.member("number", -7)
        writer.member("flag", true)
        writer.member("raw", json: "{\"x\": 1}".utf8)
        writer.member("list", array: [Array("1".utf8), Array("\"2\"".utf8)])
        let expected = #"{"text":"a \"b\"\n","number":-7,"flag":true,"raw":{"x": 1},"list":[1,"2"]}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        #expect(String(decoding: writer.line, as: UTF8.self) == expected + "\n")
    }

    @Test func anObjectMayBeEmpty() {
        #expect(JSONObjectWriter().bytes == Array("{}".utf8))
    }
}
