import Posix
import Testing

@testable import Journal

@Suite struct EventSummaryTests {
    @Test func aUUIDIsKeptBitForBitAndAnythingElseIsNone() {
        let key = EventKey(uuid: "0123abcd-4567-89AB-cdef-FEDCBA987654")
        #expect(key == EventKey(high: 0x0123_abcd_4567_89ab, low: 0xcdef_fedc_ba98_7654))
        #expect(EventKey(uuid: "0123abcd-4567-89ab-cdef-fedcba98765") == nil)
        #expect(EventKey(uuid: "0123abcd-4567-89ab-cdef-fedcba9876545") == nil)
        #expect(EventKey(uuid: "0123abcd+4567-89ab-cdef-fedcba987654") == nil)
        #expect(EventKey(uuid: "0123abcg-4567-89ab-cdef-fedcba987654") == nil)
    }

    @Test func aKeyIsTheBeginningOfTheSHA256() {
        // SHA-256 of "abc", FIPS 180-2 appendix B.1.
        #expect(EventKey(hashing: "abc") == EventKey(high: 0xba78_16bf_8f01_cfea, low: 0x4141_40de_5dae_2223))
        #expect(EventSummary.fingerprint(of: Array("abc".utf8)) == 0xba78_16bf_8f01_cfea)
    }

    @Test func aSummaryIsThatOfTheAttributesWhateverTheirBytes() throws {
        let texts = [
            nil, "", "plain", "with \"quotes\" and \\", "\u{1F985} beyond ASCII",
            "0123abcd-4567-89AB-cdef-FEDCBA987654",
            "0123abcd-4567-89AB-cdef-FEDCBA98765\n", String(repeating: "x", count: 500),
        ]
        let bodies: [[UInt8]?] = [nil, Array("{\"a\":1}".utf8), [0xFF, 0x00], Array("[\n]".utf8)]
        for (number, text) in texts.enumerated() {
            for body in bodies {
                var draft = EventDraft(
                    type: EventType(rawValue: number.isMultiple(of: 2) ? "fal.later \\" : "fal.media.saved"),
                    time: WallTime(microseconds: 1_763_821_020_123_456),
                    data: body.map { EventData($0) }
                )
                draft.subject = text
                draft.submission = text
                var bytes: [UInt8] = []
                EncodedEvent(draft, source: sampleSource).appendLine(id: 7, to: &bytes)
                let line = try EventLine.parse(bytes)
                let expected = EventSummary(
                    id: 7,
                    type: line.type,
                    time: draft.time,
                    request: line.subject.map { EventKey(hashing: $0) },
                    submission: line.submission.flatMap { EventKey(uuid: $0) },
                    fingerprint: body.map { EventSummary.fingerprint(of: $0) } ?? 0
                )
                #expect(EventSummary(line) == expected)
            }
        }
    }
}
