import FalQueue
import Testing

@Suite("A URL")
struct URLTests {
    @Test(
        "is taken apart",
        arguments: [
            ("https://queue.fal.run", "https://queue.fal.run", "", nil),
            ("HTTPS://Queue.Fal.Run:443/A/b?c=d", "https://queue.fal.run", "/A/b", "c=d"),
            ("http://127.0.0.1:8787/", "http://127.0.0.1:8787", "/", nil),
            ("http://[::1]:8080/x?", "http://[::1]:8080", "/x", ""),
            ("https://h?q", "https://h", "", "q"),
        ] as [(String, String, String, String?)]
    )
    func parts(text: String, origin: String, path: String, query: String?) throws {
        let url = try AbsoluteURL.parse(text)
        #expect(url.origin == origin)
        #expect(url.path == path)
        #expect(url.query == query)
    }

    @Test(
        "that leads nowhere, or elsewhere than it seems, is refused",
        arguments: [
            ("", .scheme), ("queue.fal.run", .scheme), ("//queue.fal.run", .scheme), ("ftp://h", .scheme),
            ("javascript://h", .scheme), ("https:/h", .scheme), ("https://", .host), ("https:///x", .host),
            ("https://:80", .host), ("https://a..b", .host), ("https://[::1", .host), ("https://[::1]x", .host),
            ("https://[h]", .host), ("https://queue.fal.run@evil.example", .userInformation),
            ("https://u:p@queue.fal.run", .userInformation), ("https://h:0", .port), ("https://h:65536", .port),
            ("https://h:", .port), ("https://h:+80", .port), ("https://h:8o", .port), ("https://h/a b", .character),
            ("https://h\\@evil", .character), ("https://h/\r\n", .character), ("https://hé/", .character),
            ("https://h%2eevil/", .host),
        ] as [(String, AbsoluteURLError)]
    )
    func refused(text: String, reason: AbsoluteURLError) {
        #expect(throws: reason) { try AbsoluteURL.parse(text) }
    }

    @Test("may be as long as the limit and no longer")
    func limit() throws {
        let long = "https://h/" + String(repeating: "x", count: AbsoluteURL.bytesMax - 10)
        #expect(try AbsoluteURL.parse(long).host == "h")
        #expect(throws: AbsoluteURLError.tooLong) { try AbsoluteURL.parse(long + "x") }
    }

    @Test(
        "of a queue carries a prefix and loses slashes at its end",
        arguments: [
            ("https://queue.fal.run", "https://queue.fal.run/a/b"),
            ("https://queue.fal.run//", "https://queue.fal.run/a/b"),
            ("http://localhost:8080/fal/", "http://localhost:8080/fal/a/b"), ("https://h:443", "https://h/a/b"),
        ]
    )
    func queue(text: String, url: String) throws {
        #expect(try QueueURL.parse(text).url("/a/b") == url)
    }

    @Test(
        "to build others from has no query and no fragment",
        arguments: ["https://h/?a", "https://h/#a", "https://h?"]
    )
    func base(text: String) {
        #expect(throws: URLSettingError.queryOrFragment) { try QueueURL.parse(text) }
        #expect(throws: URLSettingError.queryOrFragment) { try PublicURL.parse(text) }
    }

    @Test("that is public gives the hook of a submission")
    func webhook() throws {
        #expect(
            try PublicURL.parse("https://hooks.example/").webhookURL(token: "t0K") == "https://hooks.example/fal/t0K"
        )
        #expect(try PublicURL.parse("https://h/in").webhookURL(token: "a/b") == "https://h/in/fal/a%2Fb")
    }

    @Test(
        "that is public is warned about where it will not do",
        arguments: [
            ("https://hooks.example", []), ("http://hooks.example", [.notEncrypted]),
            ("http://localhost:8787", [.loopback]),
            ("https://127.1.2.3", [.loopback]), ("http://[::1]:1", [.loopback]), ("https://127.example.com", []),
        ] as [(String, [PublicURL.Problem])]
    )
    func problems(text: String, problems: [PublicURL.Problem]) throws {
        #expect(try PublicURL.parse(text).problems == problems)
    }

    @Test("returned by fal is followed only to where the submission went")
    func addresses() throws {
        let queue = try QueueURL.parse("https://queue.fal.run")
        let endpoint = try EndpointID.parse("xai/grok-imagine-video/text-to-video")
        let built = "https://queue.fal.run/xai/grok-imagine-video/requests/r1"
        func status(_ returned: String) throws -> String {
            let body = #"{"request_id":"r1","status_url":"\#(returned)"}"#
            let answer = try #require(SubmitAnswer(body: Array(body.utf8)))
            return RequestAddress(queue: queue, endpoint: endpoint, answer: answer).statusURL
        }
        #expect(
            try status("https://queue.fal.run/other/requests/r1/status")
                == "https://queue.fal.run/other/requests/r1/status"
        )
        for hostile in [
            "https://evil.example/r1", "http://queue.fal.run/r1", "https://queue.fal.run:444/r1", "/r1", "",
            "https://queue.fal.run@evil.example/r1", "https://queue.fal.run.evil.example/r1", "https://queue.fal.run/#",
        ] {
            #expect(try status(hostile) == built + "/status")
        }
        let address = RequestAddress(queue: queue, endpoint: endpoint, requestID: "r1")
        #expect(address.resultURL == built)
        #expect(address.cancelURL == built + "/cancel")
    }
}
