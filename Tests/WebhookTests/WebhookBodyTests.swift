import JSONText
import Testing
import Webhook

@Suite("The body of a delivery")
struct WebhookBodyTests {
    private func parse(_ text: String) throws(WebhookRejection) -> WebhookBody {
        let bytes = Array(text.utf8)
        return try WebhookBody(parsing: bytes.span)
    }

    @Test(
        "what is not a webhook's body is malformed",
        arguments: [
            "", "null", "[]", "\"OK\"", "{}", "{\"request_id\":\"r\",\"status\":\"OK\"",
            #"{"status":"OK"}"#, #"{"request_id":"r"}"#, #"{"request_id":1,"status":"OK"}"#,
            #"{"request_id":null,"status":"OK"}"#, #"{"request_id":"\ud800","status":"OK"}"#,
            #"{"request_id":"r","status":"ok"}"#, #"{"request_id":"r","status":"COMPLETED"}"#,
            #"{"request_id":"r","status":null}"#, #"{"request_id":"r","status":["OK"]}"#,
            #"{"request_id":"r","request_id":"r","status":"OK"}"#, #"{"request_id":"r","status":"OK","status":"OK"}"#,
            #"{"request_id":"r","request\u005fid":"s","status":"OK"}"#,
            #"{"request_id":"r","status":"OK","payload":1,"payload":2}"#,
            #"{"request_id":"r","status":"OK","error":{}}"#,
            #"{"request_id":"r","status":"OK","payload_error":1}"#,
            #"{"request_id":"r","status":"OK","gateway_request_id":1}"#,
            "\u{FEFF}{\"request_id\":\"r\",\"status\":\"OK\"}",
            #"{"request_id":"r","status":"OK"}x"#, #"{"payload":{"request_id":"r","status":"OK"}}"#,
        ]
    )
    func malformed(text: String) {
        #expect(throws: WebhookRejection(.bodyMalformed)) { try parse(text) }
    }

    @Test(
        "whether the result has to be fetched follows from status, payload and payload_error",
        arguments: [
            (#""status":"OK","payload":{}"#, false), (#""status":"OK","payload":0"#, false),
            (#""status":"OK","payload":""  "#, false), (#""status":"OK","payload":null"#, true),
            (#""status":"OK""#, true),
            (#""status":"OK","payload":null,"payload_error":"x""#, true),
            (#""status":"OK","payload":{},"payload_error":null"#, false),
            (#""status":"ERROR","payload":null"#, false), (#""status":"ERROR""#, false),
            (#""status":"ERROR","payload":null,"payload_error":"x""#, true),
        ]
    )
    func needsResult(members: String, expected: Bool) throws {
        #expect(try parse(#"{"request_id":"r",\#(members)}"#).needsResult == expected)
    }

    @Test("unknown keys are free, and a repeated unknown key too")
    func unknownKeys() throws {
        let body = try parse(#"{"x":1,"request_id":"r","x":{"status":3},"status":"ERROR","metrics":null}"#)
        #expect(body.requestID == "r" && body.status == .error && body.payload == nil)
    }

    @Test("an error's words that are no Unicode text do not lose the event")
    func loneSurrogate() throws {
        #expect(try parse(#"{"request_id":"r","status":"ERROR","error":"a\ud800"}"#).error == #"a\ud800"#)
        #expect(try parse(#"{"request_id":"r","status":"ERROR","error":"a\u00e9"}"#).error == "a\u{e9}")
    }

    @Test("a body of several lines is valid and says so")
    func severalLines() throws {
        #expect(try !parse("{\n\"request_id\":\"r\",\"status\":\"OK\"}").isSingleLine)
        #expect(try parse(#"{"request_id":"r","status":"OK"}"#).isSingleLine)
    }

    @Test("nesting in the body ends at the limit")
    func depth() throws {
        func body(_ depth: Int) -> String {
            let payload = String(repeating: "[", count: depth - 1) + String(repeating: "]", count: depth - 1)
            return #"{"request_id":"r","status":"OK","payload":\#(payload)}"#
        }
        _ = try parse(body(JSONText.depthMax))
        #expect(throws: WebhookRejection(.bodyMalformed)) { try parse(body(JSONText.depthMax + 1)) }
    }
}
