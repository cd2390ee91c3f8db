import Testing
import Webhook

@Suite("Verification of a delivery")
struct WebhookVerifierTests {
    private func code(_ body: () throws -> VerifiedDelivery) -> WebhookRejection.Code? {
        do {
            _ = try body()
            return nil
        } catch let rejection as WebhookRejection {
            return rejection.code
        } catch {
            Issue.record(error)
            return nil
        }
    }

    @Test("the time may differ by 300 seconds on either side and not by one more", arguments: [-1, 1])
    func window(side: Int) throws {
        let signer = try Signer()
        let body = signer.body
        #expect(code { try signer.verify(body, now: Signer.now + .seconds(side * 300)) } == nil)
        #expect(
            code { try signer.verify(body, now: Signer.now + .seconds(side * 301)) } == .timestampOutOfWindow
        )
    }

    @Test("parts of a second do not count")
    func partsOfASecond() throws {
        let signer = try Signer()
        #expect(code { try signer.verify(signer.body, now: Signer.now + .milliseconds(300_999)) } == nil)
    }

    @Test("a late delivery that fal signed is a hint, unless it is another account's")
    func hint() throws {
        let signer = try Signer()
        let late = Signer.now + .seconds(3600)
        let hint = WebhookRejection.Hint(requestID: signer.requestID, accountID: signer.accountID)
        for accounts in [AccountPolicy.open, .pinned([signer.accountID]), .learned(signer.accountID)] {
            #expect(throws: WebhookRejection(.timestampOutOfWindow, header: .timestamp, hint: hint)) {
                try signer.verify(signer.body, now: late, accounts: accounts)
            }
        }
        #expect(throws: WebhookRejection(.timestampOutOfWindow, header: .timestamp)) {
            try signer.verify(signer.body, now: late, accounts: .pinned(["other"]))
        }
        var headers = try signer.headers(for: signer.body)
        headers[.timestamp] = "1752019771"
        #expect(throws: WebhookRejection(.signatureInvalid)) {
            try signer.verify(signer.body, headers: headers, now: late)
        }
    }

    @Test("any changed byte of the body makes the signature wrong")
    func everyByte() throws {
        let signer = try Signer()
        let body = signer.body
        let headers = try signer.headers(for: body)
        #expect(code { try signer.verify(body, headers: headers) } == nil)
        for index in body.indices {
            var changed = body
            changed[index] ^= 0x01
            #expect(code { try signer.verify(changed, headers: headers) } == .signatureInvalid)
            #expect(code { try signer.verify(Array(body[..<index]), headers: headers) } == .signatureInvalid)
        }
        #expect(code { try signer.verify(body + [0x20], headers: headers) } == .signatureInvalid)
    }

    @Test("any changed header makes the signature wrong")
    func everyHeader() throws {
        let signer = try Signer()
        let body = signer.body
        let headers = try signer.headers(for: body)
        for (name, value) in headers {
            var changed = headers
            changed[name] = (value.first == "1" ? "2" : "1") + value.dropFirst()
            #expect(code { try signer.verify(body, headers: changed) } == .signatureInvalid, "\(name)")
        }
        // Moving a character over the boundary of two fields changes the message too.
        var moved = headers
        moved[.requestID] = signer.requestID + "a"
        moved[.userID] = String(signer.accountID.dropFirst())
        #expect(code { try signer.verify(body, headers: moved) } == .signatureInvalid)
    }

    @Test("an upper-case signature is the same signature, and kept as it came")
    func upperCase() throws {
        let signer = try Signer()
        var headers = try signer.headers(for: signer.body)
        let upper = try #require(headers[.signature]?.uppercased())
        headers[.signature] = upper
        #expect(try signer.verify(signer.body, headers: headers).signatureHex == upper)
    }

    @Test("without keys nothing is decided")
    func noKeys() throws {
        let signer = try Signer()
        let body = signer.body
        let values = try signer.headers(for: body)
        let headers = try WebhookHeaders { name in values[name].map { [Array($0.utf8)] } ?? [] }
        #expect(throws: WebhookRejection(.keySetMissing)) {
            try WebhookVerifier.verify(headers: headers, body: body.span, now: Signer.now, keySet: nil, accounts: .open)
        }
    }

    @Test("only accounts of ours are taken")
    func accounts() throws {
        let signer = try Signer()
        let body = signer.body
        #expect(code { try signer.verify(body, accounts: .pinned(["x", "auth0|1"])) } == nil)
        #expect(code { try signer.verify(body, accounts: .pinned(["x"])) } == .accountUnknown)
        #expect(code { try signer.verify(body, accounts: .pinned(["auth0|1 "])) } == .accountUnknown)
        #expect(code { try signer.verify(body, accounts: .learned("x")) } == .accountUnknown)
    }

    @Test("the first account that is learned stays, and given accounts are never changed")
    func learning() {
        var policy = AccountPolicy(given: [])
        #expect(policy.accepts("a") && policy.accepts("b"))
        let first = policy.learn("a")
        #expect(first)
        let second = policy.learn("b")
        #expect(!second)
        #expect(policy.accepts("a") && !policy.accepts("b"))
        var pinned = AccountPolicy(given: ["p", "q"])
        let changed = pinned.learn("a")
        #expect(!changed)
        #expect(pinned.accepts("p") && pinned.accepts("q") && !pinned.accepts("a"))
    }

    @Test("account ids that only look alike are different accounts")
    func lookAlikes() {
        #expect(!AccountPolicy.learned("\u{e9}").accepts("e\u{301}"))
        #expect(!AccountPolicy.pinned(["\u{e9}"]).accepts("e\u{301}"))
    }

    @Test("the body is only looked at once the signature, the time and the account are right")
    func order() throws {
        let signer = try Signer()
        let garbage = Array("garbage".utf8)
        var headers = try signer.headers(for: garbage)
        #expect(code { try signer.verify(garbage, headers: headers) } == .bodyMalformed)
        #expect(code { try signer.verify(garbage, headers: headers, accounts: .learned("x")) } == .accountUnknown)
        #expect(
            code { try signer.verify(garbage, headers: headers, now: .zero, accounts: .learned("x")) }
                == .timestampOutOfWindow
        )
        headers[.signature] = String(repeating: "0", count: 128)
        #expect(code { try signer.verify(garbage, headers: headers, now: .zero) } == .signatureInvalid)
    }

    @Test("header and body have to speak of the same request")
    func requestIDs() throws {
        let signer = try Signer()
        for id in ["other", signer.requestID.uppercased(), signer.requestID + " ", ""] {
            let body = Array(#"{"request_id":"\#(id)","status":"OK"}"#.utf8)
            #expect(code { try signer.verify(body) } == .requestIDMismatch)
        }
    }
}
