import FoundationEssentials
import HTTPClient
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import FalconerCommand

/// What a forwarded event carries, and what the answer means.
@Suite struct ForwardTests {
    @Test func theSignatureIsThatOfTheStandardsOwnExample() throws {
        // https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/python/tests/test_webhooks.py
        let signer = try #require(WebhookSigner(secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
        let fields = signer.fields(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            time: WallTime(microseconds: 1_614_265_330_999_999),
            body: Array(#"{"test": 2432232314}"#.utf8)
        )
        #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(
            fields.map(\.value) == [
                "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ]
        )
    }

    @Test(arguments: [(23, false), (24, true), (64, true), (65, false)])
    func aSecretHasSoManyBytes(count: Int, isTaken: Bool) {
        let text = "whsec_" + Data(repeating: 7, count: count).base64EncodedString()
        #expect((WebhookSigner(secret: text) != nil) == isTaken)
        #expect(WebhookSigner(secret: String(text.dropFirst(6))) == nil)
    }

    @Test func aSecretIsMadeOnceAndForItsOwnerAlone() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("new/folder/e.secret").string
        #expect(try ForwardSecret.readOrMake(path).isNew)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect((attributes[.posixPermissions] as? Int) == 0o600)
        #expect(try !ForwardSecret.readOrMake(path).isNew)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("new/folder").string).count == 1)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(throws: CommandFailure.self) { try ForwardSecret.readOrMake(path) }
    }

    @Test(arguments: [
        ("0", 0), ("120", 120), ("99999999999999999999", RetryAfter.secondsMax), ("Sun, 06 Nov 1994 08:49:37 GMT", 37),
        ("Sun, 06 Nov 1994 08:48:37 GMT", 0), ("", nil), ("-1", nil), ("1.5", nil), ("soon", nil),
        ("Sun, 06 Nov 1994 08:49:37 CET", nil), ("Sun, 31 Feb 1994 08:49:37 GMT", nil),
        ("Sun, 6 Nov 94 08:49:37 GMT", nil),
    ])
    func retryAfterIsSecondsOrADate(_ value: String, _ seconds: Int?) throws {
        let now = try #require(WallTime(rfc3339: "1994-11-06T08:49:00Z"))
        #expect(RetryAfter.delay(value, now: now) == seconds.map { .seconds($0) })
    }

    @Test(arguments: [
        (200, WorkOutcome.done), (202, .done), (299, .done),
        (301, .failed("the receiver answered 301: redirects are not followed")),
        (404, .failed("the receiver answered 404")), (410, .refused("the receiver answered 410")),
        (429, .later(after: .seconds(9), "the receiver answered 429")),
        (500, .failed("the receiver answered 500")), (503, .later(after: .seconds(9), "the receiver answered 503")),
    ])
    func eachAnswerHasItsMeaning(status: Int, outcome: WorkOutcome) {
        let response = HTTPResponse(status: status, headers: ["Retry-After": "9"])
        #expect(Forwarder.outcome(of: response, now: .now) == outcome)
    }

    @Test func busyWithoutATimeIsAFailureLikeOthers() {
        #expect(Forwarder.outcome(of: HTTPResponse(status: 503), now: .now) == .failed("the receiver answered 503"))
    }
}
