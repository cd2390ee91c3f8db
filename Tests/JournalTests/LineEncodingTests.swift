import FoundationEssentials
import JSONText
import JournalFaults
import Posix
import Testing

@testable import Journal

@Suite struct LineEncodingTests {
    private func line(_ draft: EventDraft, id: UInt64 = 42) -> [UInt8] {
        var output: [UInt8] = []
        EncodedEvent(draft, source: sampleSource).appendLine(id: id, to: &output)
        return output
    }

    private func fullDraft(_ data: [UInt8]) -> EventDraft {
        var draft = EventDraft(
            type: .requestSucceeded,
            time: WallTime(microseconds: 1_795_357_020_123_456),
            data: EventData(data)
        )
        draft.subject = "764cabcf-b745-4b3e-ae38-1200304cf45b"
        draft.submission = "0191d6a0-7a3b-7c00-8000-00000000000a"
        draft.endpoint = "xai/grok-imagine-video/text-to-video"
        draft.origin = .webhook
        draft.falUserID = "user|1"
        draft.falTimestamp = "1763821020"
        draft.falSignature = "00ff"
        draft.tag = "a \"tag\"\n"
        return draft
    }

    @Test func theChecksumIsCRC32C() {
        var checksum = CRC32C()
        Array("123456789".utf8).withUnsafeBytes { checksum.update($0) }
        #expect(checksum.value == 0xE306_9283)
    }

    @Test func aLineIsExactlyAsTheDesignSays() {
        let body = #"{ "request_id" : "x",  "n":18446744073709551616, "f": 1.0e+2 ,"u":"\u00e9é" }"#
        let text = String(decoding: line(fullDraft(Array(body.utf8))), as: UTF8.self)
        let covered =
            #"{"specversion":"1.0","id":"42","source":"urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001","#
            + #""type":"fal.request.succeeded","subject":"764cabcf-b745-4b3e-ae38-1200304cf45b","#
            + #""time":"2026-11-22T14:17:00.123456Z","submission":"0191d6a0-7a3b-7c00-8000-00000000000a","#
            + #""endpoint":"xai/grok-imagine-video/text-to-video","origin":"webhook","faluserid":"user|1","#
            + #""faltimestamp":"1763821020","falsignature":"00ff","tag":"a \"tag\"\n","data":"# + body
        var checksum = CRC32C()
        Array(covered.utf8).withUnsafeBytes { checksum.update($0) }
        let digits = String(checksum.value, radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.utf8.count) + digits
        #expect(text == covered + #","crc32c":""# + padded + "\"}\n")
    }

    @Test(arguments: [
        Array("{\n}".utf8), Array("{}\r\n".utf8), Array("not json".utf8), [0xFF, 0xFE, 0x00], [],
        Array("\"\u{1}\"".utf8), [0x22, 0xC3, 0x22],
        Array((String(repeating: "[", count: 201) + String(repeating: "]", count: 201)).utf8),
    ])
    func whatIsNoSingleLineJSONGoesInBase64(_ body: [UInt8]) throws {
        let bytes = line(fullDraft(body))
        let event = try EventLine.parse(bytes)
        #expect(event.dataForm == .base64)
        #expect(event.data == body)
        #expect(bytes.dropLast().allSatisfy { $0 != 0x0A && $0 != 0x0D })
        #expect(
            try JSONText.members(of: Array(bytes.dropLast()).span, depthMax: JSONText.envelopeDepthMax).isSingleLine
        )
    }

    @Test func attributesThatAreNotKnownAreLeftOut() throws {
        let bytes = line(EventDraft(type: .mediaSaved, time: WallTime(microseconds: 0)), id: 1)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(
            text.hasPrefix(
                #"{"specversion":"1.0","id":"1","source":"urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001","#
                    + #""type":"fal.media.saved","time":"1970-01-01T00:00:00.000000Z","crc32c":""#
            )
        )
        let event = try EventLine.parse(bytes)
        #expect(event.data == nil)
        #expect(event.subject == nil)
    }

    @Test func whatIsParsedIsWhatWasEncoded() throws {
        var random = SeededGenerator(seed: 7)
        let pieces = ["\"", "\\", "\n", "é", "\u{1F600}", "\u{0}", "a", "data\":", ",\"", "}", "\u{7F}", "\\u0000"]
        func text() -> String {
            (0..<Int.random(in: 0...6, using: &random)).map { _ in pieces.randomElement(using: &random)! }.joined()
        }
        for round in 0..<2_000 {
            var draft = EventDraft(
                type: EventType.known.randomElement(using: &random)!,
                time: WallTime(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &random))
            )
            let values = (0..<8).map { _ in random.coin() ? "x" + text() : nil }
            (draft.subject, draft.submission, draft.endpoint) = (values[0], values[1], values[2])
            (draft.falUserID, draft.falTimestamp, draft.falSignature) = (values[3], values[4], values[5])
            (draft.tag, draft.origin) = (values[6], values[7].map { EventOrigin(rawValue: $0) })
            let body = random.coin() ? Array(text().utf8) : Array("[\"\(round)\", {\"data\":\"\"}  ]".utf8)
            draft.data = random.coin() ? EventData(body) : nil
            let id = UInt64.random(in: 1...LineFormat.sequenceMax, using: &random)
            let bytes = line(draft, id: id)
            #expect(try JSONText.members(of: Array(bytes.dropLast()).span, depthMax: 216).isSingleLine)
            let event = try EventLine.parse(bytes)
            #expect(event.id == id)
            #expect((event.type, event.time) == (draft.type, draft.time))
            for attribute in EventAttribute.allCases where attribute != .source {
                #expect(event.text(attribute) == draft[attribute])
            }
            #expect(event.data == draft.data?.bytes)
            #expect(Array(event.bytes) == bytes)
        }
    }

    @Test func aLineWithAnyByteChangedOrMissingIsRefused() throws {
        let bytes = line(fullDraft(Array("{\"a\":1}".utf8)))
        for index in bytes.indices.dropLast() {
            var changed = bytes
            changed[index] ^= 0x01
            #expect(throws: EventLineError.self) { try EventLine.parse(changed) }
            #expect(throws: EventLineError.self) { try EventLine.parse(Array(bytes[..<index])) }
        }
    }

    @Test func anyBytesAreParsedWithoutATrap() {
        var random = SeededGenerator(seed: 11)
        let whole = line(fullDraft(Array("{\"a\":1}".utf8)))
        for _ in 0..<5_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.removeSubrange(Int.random(in: 0..<bytes.count / 2, using: &random)..<bytes.count / 2)
                default: bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &random))
                }
                if bytes.count < 10 { bytes = whole }
            }
            // With a right checksum, so that the reader behind it is reached.
            bytes.removeLast(min(bytes.count, LineFormat.trailerBytes))
            var checksum = CRC32C()
            bytes.withUnsafeBytes { checksum.update($0) }
            let digits = String(checksum.value, radix: 16)
            bytes += Array(
                (",\"crc32c\":\"" + String(repeating: "0", count: 8 - digits.utf8.count) + digits + "\"}\n").utf8
            )
            if let event = try? EventLine.parse(bytes) { _ = (event.data, event.time, event.tag, event.type) }
        }
    }
}
