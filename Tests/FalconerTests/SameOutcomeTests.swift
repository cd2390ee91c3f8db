import Testing

@testable import Falconer

/// A webhook's body and a fetched result, compared.
@Suite struct SameOutcomeTests {
    private static let fetched =
        "{\"request_id\":\"r\",\"status\":\"OK\",\"payload\":{\"video\":{\"url\":\"u\",\"n\":9007199254740993}}}"

    @Test(arguments: [
        (
            "{\"status\": \"OK\", \"request_id\": \"r\", \"payload\": {\"video\": {\"n\": 9007199254740993, \"url\": \"\\u0075\"}}}",
            true
        ),
        (
            "{\"request_id\":\"r\",\"status\":\"OK\",\"payload\":{\"video\":{\"url\":\"u\",\"n\":9007199254740992}}}",
            false
        ),
        (
            "{\"request_id\":\"r\",\"status\":\"OK\",\"payload\":{\"video\":{\"url\":\"other\",\"n\":9007199254740993}}}",
            false
        ),
        ("{\"request_id\":\"r\",\"status\":\"OK\",\"payload\":{\"video\":{\"url\":\"u\"}}}", false),
        ("{\"request_id\":\"r\",\"status\":\"ERROR\",\"payload\":{\"detail\":\"no\"},\"error\":\"no\"}", false),
        ("{\"request_id\":\"r\",\"status\":\"OK\",\"payload\":null}", true),
        ("{\"request_id\":\"r\",\"status\":\"ERROR\",\"payload\":null,\"payload_error\":\"too large\"}", true),
        ("no JSON", false),
    ])
    func theSameIsTheSameStatusAndPayload(body: String, isSame: Bool) {
        #expect(SameOutcome.holds(Array(Self.fetched.utf8), Array(body.utf8)) == isSame)
        #expect(SameOutcome.holds(Array(body.utf8), Array(Self.fetched.utf8)) == isSame)
    }

    @Test func twoFailuresAreTheSameHoweverTheyAreWorded() {
        let one = "{\"request_id\":\"r\",\"status\":\"ERROR\",\"payload\":{\"detail\":\"x\"},\"error\":\"a\"}"
        let other = "{\"request_id\":\"r\",\"status\":\"ERROR\",\"payload\":{\"detail\":[]},\"error\":\"b\"}"
        #expect(SameOutcome.holds(Array(one.utf8), Array(other.utf8)))
    }

    @Test(arguments: [
        ("{\"a\":1,\"b\":[true,null]}", "{ \"b\" : [true, null], \"a\" : 1.0 }", true),
        ("{\"a\":\"\\u00e9\"}", "{\"a\":\"é\"}", true),
        ("{\"a\":9007199254740993}", "{\"a\":9007199254740992}", false),
        ("{\"a\":1}", "{\"a\":\"1\"}", false),
        ("[1,2]", "[2,1]", false),
        ("[12]", "[1,2]", false),
        ("{\"a\":1}", "{\"a\":1,\"b\":null}", false),
    ])
    func inputsAreComparedAsValues(one: String, other: String, isSame: Bool) {
        #expect((CanonicalJSON.bytes(Array(one.utf8)) == CanonicalJSON.bytes(Array(other.utf8))) == isSame)
    }
}
