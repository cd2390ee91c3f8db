import Crypto
import Foundation
import HTTPClient
import Posix
import TestSupport
import Testing
import Webhook

@testable import FalEmulator

@Suite("The emulator's webhooks")
struct ServiceWebhookTests {
    @Test("a finished request's webhook has fal's headers, verifies, and says what the result says")
    func delivered() async throws {
        let fixture = try ServiceFixture()
        let hook = HookPeer(200)
        let id = try fixture.submit(hook: hook.url)
        #expect(await hook.waitFor(1))
        let delivery = hook.deliveries[0]
        #expect(delivery.method == "POST")
        #expect(delivery.target == "/hook")
        #expect(delivery.header("Content-Type") == "application/json")
        #expect(delivery.header("X-Fal-Webhook-Request-Id") == id)
        #expect(delivery.header("X-Fal-Webhook-User-Id") == "emulator|account-1")
        let signature = try #require(delivery.header("X-Fal-Webhook-Signature"))
        #expect(signature.count == 128 && signature == signature.lowercased())
        let verified = try verdict(on: delivery, fixture).get()
        #expect(verified.requestID == id)
        #expect(verified.body.status == .ok)
        let body = try #require(Answer(status: 0, headers: [:], body: delivery.body).json as NSDictionary?)
        let result = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)").json
        #expect((body["payload"] as? NSDictionary) == (result as NSDictionary))
    }

    @Test("failed attempts are repeated by the schedule, each signed anew, until one is taken; then none follows")
    func retries() async throws {
        let fixture = try ServiceFixture { $0.speed = 1000 }
        let hook = HookPeer(500, 404, 503, 200)
        let id = try fixture.submit(hook: hook.url)
        #expect(await hook.waitFor(4))
        let isOver = try await eventually { try fixture.attempts(id).last?["delivered"] as? Bool == true }
        #expect(isOver)
        let attempts = try fixture.attempts(id)
        #expect(attempts.compactMap { $0["status"] as? Int } == [500, 404, 503, 200])
        #expect(attempts.compactMap { $0["attempt"] as? Int } == [1, 2, 3, 4])
        #expect(attempts.last?["next_at"] == nil)
        #expect(hook.deliveries.allSatisfy { $0.body == hook.deliveries[0].body })
        for delivery in hook.deliveries {
            #expect(try verdict(on: delivery, fixture).rejection == nil)
        }
    }

    @Test("a redirect is final and not followed")
    func redirect() async throws {
        let fixture = try ServiceFixture { $0.speed = 1000 }
        let hook = HookPeer(307, 200)
        let id = try fixture.submit(hook: hook.url)
        let isOver = try await eventually { try fixture.attempts(id).count == 1 }
        #expect(isOver)
        let attempt = try fixture.attempts(id)[0]
        #expect(attempt["status"] as? Int == 307)
        #expect(attempt["next_at"] == nil)
        #expect(hook.deliveries.count == 1)
    }

    @Test("a hook that nobody listens on is tried again")
    func unreachable() async throws {
        let url = try unusedURL()
        let fixture = try ServiceFixture { $0.speed = 1000 }
        let id = try fixture.submit(hook: url)
        let isRepeated = try await eventually { try fixture.attempts(id).count >= 2 }
        #expect(isRepeated)
        #expect(try fixture.attempts(id)[0]["error"] != nil)
    }

    /// The URL of a port that was free a moment ago.
    private func unusedURL() throws -> String {
        let hook = HookPeer(200)
        return hook.url
    }

    @Test(
        "each fault of a signature is one that a receiver rejects for that reason",
        arguments: [
            ("bad-signature", .signatureInvalid), ("stale-timestamp", .timestampOutOfWindow),
            ("wrong-account", .accountUnknown), ("unsigned", .headerMissing), ("truncated", .signatureInvalid),
        ] as [(String, WebhookRejection.Code)]
    )
    func faults(fault: String, expected: WebhookRejection.Code) async throws {
        let fixture = try ServiceFixture()
        let hook = HookPeer(200)
        _ = try fixture.submit([("X-Emulator-Webhook", fault)], hook: hook.url)
        #expect(await hook.waitFor(1))
        #expect(try verdict(on: hook.deliveries[0], fixture).rejection == expected)
    }

    @Test("a duplicate comes twice, the same to the byte")
    func duplicate() async throws {
        let fixture = try ServiceFixture()
        let hook = HookPeer(200)
        let id = try fixture.submit([("X-Emulator-Webhook", "duplicate")], hook: hook.url)
        #expect(await hook.waitFor(2))
        #expect(hook.deliveries[0].body == hook.deliveries[1].body)
        let isOver = try await eventually { try fixture.attempts(id).count == 2 }
        #expect(isOver)
        #expect(try fixture.attempts(id).last?["next_at"] == nil)
    }

    @Test("a dropped webhook never comes, and can be delivered by hand, correctly signed")
    func dropAndRedeliver() async throws {
        let fixture = try ServiceFixture()
        let hook = HookPeer(200)
        let id = try fixture.submit([("X-Emulator-Webhook", "drop")], hook: hook.url)
        let isWithheld = try await eventually { try fixture.attempts(id).count == 1 }
        #expect(isWithheld)
        #expect(try fixture.attempts(id)[0]["withheld"] != nil)
        #expect(hook.deliveries.isEmpty)
        #expect(try fixture.send(.post, "/emulator/requests/\(id)/redeliver", key: nil).status == 202)
        #expect(await hook.waitFor(1))
        #expect(try verdict(on: hook.deliveries[0], fixture).rejection == nil)
        #expect(try fixture.send(.post, "/emulator/requests/none/redeliver", key: nil).status == 404)
    }

    @Test("a late webhook comes after the request is over")
    func late() async throws {
        let fixture = try ServiceFixture()
        let hook = HookPeer(200)
        let id = try fixture.submit([("X-Emulator-Webhook", "late:1")], hook: hook.url)
        let isOver = try await eventually { try fixture.attempts(id).count == 1 }
        #expect(isOver)
        let books = try fixture.send(.get, "/emulator/requests").json["requests"] as? [[String: Any]]
        let acceptedText = try #require(books?[0]["accepted_at"] as? String)
        let sentText = try #require(fixture.attempts(id)[0]["started_at"] as? String)
        let accepted = try #require(WallTime(rfc3339: acceptedText))
        let sent = try #require(WallTime(rfc3339: sentText))
        #expect(sent.microseconds - accepted.microseconds >= 1_000_000)
        #expect(hook.deliveries.count == 1)
    }

    @Test("a webhook before the answer has arrived when the submission is answered, even if the hook refuses it")
    func beforeAnswer() throws {
        for status in [200, 500] {
            let fixture = try ServiceFixture()
            let hook = HookPeer(status)
            let id = try fixture.submit([("X-Emulator-Webhook", "before-answer")], hook: hook.url)
            #expect(hook.deliveries.first?.header("X-Fal-Webhook-Request-Id") == id)
        }
    }

    @Test("keys rotate: a new one signs, and the old one is still published unless it is to go")
    func rotation() async throws {
        for keepsOld in [true, false] {
            let fixture = try ServiceFixture { $0.keepsOldKeys = keepsOld }
            let hook = HookPeer(200)
            _ = try fixture.submit(hook: hook.url)
            #expect(await hook.waitFor(1))
            #expect(try verdict(on: hook.deliveries[0], fixture).rejection == nil)
            #expect(try fixture.send(.post, "/emulator/keys/rotate", key: nil).status == 200)
            #expect(try verdict(on: hook.deliveries[0], fixture).rejection == (keepsOld ? nil : .signatureInvalid))
            _ = try fixture.submit([("X-Emulator-Rotate-Keys", "1")], hook: hook.url)
            #expect(await hook.waitFor(2))
            #expect(try verdict(on: hook.deliveries[1], fixture).rejection == nil)
        }
    }

    @Test("private targets are refused where they are to be, without a connection")
    func privateTargets() async throws {
        let fixture = try ServiceFixture { $0.refusesPrivateTargets = true }
        let hook = HookPeer(200)
        let id = try fixture.submit(hook: hook.url)
        let isWithheld = try await eventually { try fixture.attempts(id).count == 1 }
        #expect(isWithheld)
        #expect(hook.deliveries.isEmpty)
    }

    @Test(
        "which targets are private",
        arguments: [
            ("http://127.0.0.1/x", true), ("http://localhost:8080", true), ("http://[::1]:80/", true),
            ("https://10.1.2.3", true), ("http://172.16.0.1", true), ("http://172.32.0.1", false),
            ("http://192.168.1.1?x", true), ("http://169.254.1.1", true), ("http://[fe80::1]/", true),
            ("http://[fd00::1]/", true), ("https://8.8.8.8/", false), ("https://example.com/127.0.0.1", false),
        ]
    )
    func privateTarget(url: String, expected: Bool) {
        #expect(PrivateTarget.isPrivate(url) == expected)
    }

    @Test("a big integer arrives verbatim")
    func bigInteger() async throws {
        let fixture = try ServiceFixture()
        let hook = HookPeer(200)
        _ = try fixture.submit([("X-Emulator-Big-Integer", "1")], hook: hook.url)
        #expect(await hook.waitFor(1))
        #expect(String(decoding: hook.deliveries[0].body, as: UTF8.self).contains(#""seed": 17454220438242315174"#))
    }

    @Test("with the first signature kept, a retry has the same headers")
    func keptSignature() async throws {
        let fixture = try ServiceFixture {
            $0.keepsFirstSignature = true
            $0.speed = 1
            $0.schedule = .late2026
        }
        let hook = HookPeer(500, 200)
        _ = try fixture.submit(hook: hook.url)
        #expect(await hook.waitFor(2))
        let timestamps = hook.deliveries.map { $0.header("X-Fal-Webhook-Timestamp") }
        #expect(timestamps[0] == timestamps[1])
    }
}
