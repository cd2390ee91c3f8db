import Testing
import Webhook

@Suite("Webhook headers")
struct WebhookHeadersTests {
    private static let good: [WebhookHeaderName: [UInt8]] = [
        .requestID: Array("764cabcf".utf8), .userID: Array("auth0|1".utf8), .timestamp: Array("1752019770".utf8),
        .signature: [UInt8](repeating: UInt8(ascii: "a"), count: 128),
    ]

    private func parse(_ name: WebhookHeaderName, _ values: [[UInt8]]) throws(WebhookRejection) -> WebhookHeaders {
        try WebhookHeaders(values: { $0 == name ? values : Self.good[$0].map { [$0] } ?? [] })
    }

    @Test("each header has to be there exactly once", arguments: WebhookHeaderName.allCases)
    func once(name: WebhookHeaderName) throws {
        let value = try #require(Self.good[name])
        _ = try parse(name, [value])
        #expect(throws: WebhookRejection(.headerMissing, header: name)) { try parse(name, []) }
        #expect(throws: WebhookRejection(.headerRepeated, header: name)) { try parse(name, [value, value]) }
        #expect(throws: WebhookRejection(.headerMalformed, header: name)) { try parse(name, [[]]) }
    }

    @Test("values of the right form are taken as they are")
    func goodForms() throws {
        for text in ["x", "not-a-uuid", "~!{}|,", String(repeating: "r", count: 256)] {
            #expect(try parse(.requestID, [Array(text.utf8)]).requestID == text)
        }
        for text in ["x", "auth0|123", "google-oauth2|1 2", "名前", String(repeating: "u", count: 256)] {
            #expect(try parse(.userID, [Array(text.utf8)]).userID == text)
        }
        for (text, seconds) in [("0", 0), ("0001", 1), ("999999999999", 999_999_999_999)] {
            #expect(try parse(.timestamp, [Array(text.utf8)]).timestampSeconds == seconds)
            #expect(try parse(.timestamp, [Array(text.utf8)]).timestamp == text)
        }
        let upper = String(repeating: "AB", count: 64)
        #expect(try parse(.signature, [Array(upper.utf8)]).signature == [UInt8](repeating: 0xAB, count: 64))
        #expect(try parse(.signature, [Array(upper.utf8)]).signatureHex == upper)
    }

    @Test(
        "values of another form are refused",
        arguments: [
            (.requestID, "a b"), (.requestID, "é"), (.requestID, "a\n"), (.requestID, "\u{7f}"), (.requestID, " a"),
            (.requestID, String(repeating: "r", count: 257)),
            (.userID, "a\nb"), (.userID, "\0"), (.userID, "a\u{7f}"), (.userID, String(repeating: "u", count: 257)),
            (.timestamp, "1234567890123"), (.timestamp, " 1752019770"), (.timestamp, "1752019770 "), (.timestamp, "+1"),
            (.timestamp, "-1"), (.timestamp, "1e9"), (.timestamp, "1_000"), (.timestamp, "1752019770.5"),
            (.timestamp, "NaN"), (.timestamp, "１"),
            (.signature, String(repeating: "a", count: 127)), (.signature, String(repeating: "a", count: 129)),
            (.signature, String(repeating: "a", count: 126)), (.signature, String(repeating: "a", count: 130)),
            (.signature, String(repeating: "a", count: 127) + "g"),
            (.signature, "0x" + String(repeating: "a", count: 126)),
        ] as [(WebhookHeaderName, String)]
    )
    func badForms(name: WebhookHeaderName, text: String) {
        #expect(throws: WebhookRejection(.headerMalformed, header: name)) { try parse(name, [Array(text.utf8)]) }
    }

    @Test("a user id that is not UTF-8 is refused")
    func notUTF8() {
        #expect(throws: WebhookRejection(.headerMalformed, header: .userID)) { try parse(.userID, [[0x61, 0xFF]]) }
    }

    @Test("statuses are the ones fal tries again after, and codes are distinct")
    func statuses() {
        for code in WebhookRejection.Code.allCases {
            #expect([400, 401, 503].contains(WebhookRejection(code).httpStatus))
        }
        #expect(WebhookRejection(.keySetMissing).httpStatus == 503)
        #expect(WebhookRejection(.signatureInvalid).httpStatus == 401)
        #expect(WebhookRejection(.headerMissing).httpStatus == 400)
    }
}
