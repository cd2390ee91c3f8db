import Testing

@testable import Falconer

/// How events are written into an answer over HTTP.
@Suite struct EventFormatTests {
    private static let line =
        #"{"specversion":"1.0","id":"7","type":"fal.request.succeeded","data":{},"crc32c":"00000000"}"#

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func jsonLinesAreTheJournalsBytes() {
        let lines = Array("\(Self.line)\n".utf8)
        #expect(EventFormat.lines.events(lines) == lines)
        #expect(text(EventFormat.lines.heartbeat) == "\n")
        #expect(
            text(EventFormat.lines.gap(2...4, isDamaged: false)).hasPrefix(
                #"{"frame":"gap","from":"2","to":"4","code":"pruned""#
            )
        )
    }

    @Test func aServerSentEventHasIdTypeAndLine() {
        let events = text(EventFormat.serverSentEvents.events(Array("\(Self.line)\n\(Self.line)\n".utf8)))
        let one = "id: 7\nevent: fal.request.succeeded\ndata: \(Self.line)\n\n"
        #expect(events == one + one)
        #expect(text(EventFormat.serverSentEvents.gap(2...4, isDamaged: true)).hasPrefix("id: 4\nevent: gap\ndata: {"))
        #expect(text(EventFormat.serverSentEvents.position(9)) == "id: 9\n\n")
    }

    @Test func aCarriageReturnInABodyDoesNotEndTheEvent() {
        let line = Self.line.replacing("{}", with: "{\r}")
        let events = text(EventFormat.serverSentEvents.events(Array("\(line)\n".utf8)))
        let parts = line.split(separator: "\r")
        #expect(events == "id: 7\nevent: fal.request.succeeded\ndata: \(parts[0])\ndata: \(parts[1])\n\n")
    }

    @Test(
        arguments: [
            (nil, false), ("*/*", false), ("text/event-stream", true), ("text/html, Text/Event-Stream;q=0.9", true),
            ("application/x-ndjson", false),
        ] as [(String?, Bool)]
    )
    func acceptDecides(_ accept: String?, _ isServerSent: Bool) {
        #expect((EventFormat(accept: accept).contentType == "text/event-stream") == isServerSent)
    }
}
