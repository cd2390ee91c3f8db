import Testing

@testable import EventStream

@Suite struct AttributeTests {
    private static let line = Array(
        (#"{"specversion":"1.0","id":"42","source":"urn:uuid:1","type":"fal.request.succeeded","subject":"r","#
            + #""time":"2026-11-22T14:17:00.123456Z","submission":"s","endpoint":"xai/video","origin":"webhook","#
            + #""faltimestamp":"1763821020","tag":"a \"b\" ü\u00e9","data":{"type":"x","id":"7"},"crc32c":"9ae0daaf"}"#)
            .utf8
    )

    @Test func theAttributesOfAJournalLineAreRead() throws {
        let event = try #require(EventAttributes(line: Self.line))
        #expect(event.id == 42 && event.type == "fal.request.succeeded" && event.subject == "r")
        #expect(event.time == "2026-11-22T14:17:00.123456Z" && event.submission == "s")
        #expect(event.endpoint == "xai/video" && event.origin == "webhook" && event.tag == #"a "b" üé"#)
        #expect(event.data.map { String(decoding: Self.line[$0], as: UTF8.self) } == #"{"type":"x","id":"7"}"#)
        #expect(EventAttributes(line: Self.line + [0x0A]) == event)
    }

    @Test func aLineCutOffAnywhereDoesNoHarm() {
        for count in 0..<Self.line.count {
            let cut = Array(Self.line.prefix(count))
            _ = EventAttributes(line: cut)
            _ = EventFilter(status: .succeeded, tag: "x").matches(cut, in: 0..<cut.count)
        }
        #expect(EventAttributes(line: []) == nil && EventAttributes(line: Array("{}".utf8)) == nil)
    }

    @Test func aFilterReadsEscapedValues() {
        #expect(EventFilter(tag: #"a "b" üé"#).matches(Self.line, in: 0..<Self.line.count))
        #expect(!EventFilter(tag: "a").matches(Self.line, in: 0..<Self.line.count))
        #expect(!EventFilter(types: [Glob("x")].compactMap(\.self)).matches(Self.line, in: 0..<Self.line.count))
    }

    @Test(
        arguments: [
            ("0", 0), ("41", 41), ("9007199254740991", 9_007_199_254_740_991), ("9007199254740992", nil), ("", nil),
            ("041", nil), ("-1", nil), ("+1", nil), ("1 ", nil), ("99999999999999999999", nil), ("٣", nil),
        ] as [(String, UInt64?)]
    )
    func anIDIsADecimalNumberBelowTwoToThe53(_ text: String, _ id: UInt64?) {
        #expect(EventID.parse(text) == id)
    }

    @Test(arguments: [
        (#"{"frame":"caught_up","id":"41"}"#, StreamLine.caughtUp(41)),
        (#"{"frame":"bye","code":"stopping","message":"m"}"#, .bye(code: "stopping", id: nil, message: "m")),
        (#"{"frame":"reply","op":"list","more":true}"#, .reply(op: "list", hasMore: true)),
        (#"{"frame":"error","code":"c","op":"o","message":"m"}"#, .error(code: "c", message: "m", op: "o")),
        (#"{"frame":"something_new","x":1}"#, .other(frame: "something_new")),
    ])
    func framesAreUnderstood(_ text: String, _ line: StreamLine) throws {
        #expect(try StreamLine(Array(text.utf8)) == line)
    }

    @Test(arguments: ["", "x", "{}", #"{"frame":1}"#, #"{"frame":"caught_up"}"#, #"{"frame":"caught_up","id":41}"#])
    func whatIsNoFrameIsRefused(_ text: String) {
        #expect(throws: EventStreamClientError.malformedLine) { try StreamLine(Array(text.utf8)) }
    }
}
