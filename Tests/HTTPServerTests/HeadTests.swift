import Posix
import Testing

@testable import HTTPServer

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:8787", "127.0.0.1:8787"), ("0.0.0.0:0", "0.0.0.0:0"), ("localhost:1", "127.0.0.1:1"),
        (":65535", ":65535"), ("[::1]:0", "[::1]:0"), ("[fe80::1:2]:80", "[fe80::1:2]:80"),
    ])
    func isReadFromItsForms(_ text: String, _ description: String) throws {
        let address = try ListenAddress(text)
        #expect(address.description == description)
        #expect(try ListenAddress(address.description) == address)
    }

    @Test(arguments: [
        ("127.0.0.1", ListenAddressError.Problem.portMissing), ("", .portMissing), ("127.0.0.1:", .portInvalid),
        ("127.0.0.1:65536", .portInvalid), ("127.0.0.1:-1", .portInvalid), ("127.0.0.1:+80", .portInvalid),
        ("256.0.0.1:80", .hostInvalid), ("::1:80", .hostInvalid), ("example.org:80", .hostInvalid),
        ("[::1:80", .hostInvalid),
    ])
    func saysWhatIsWrongAndHowToWriteIt(_ text: String, _ problem: ListenAddressError.Problem) {
        let error = #expect(throws: ListenAddressError.self) { try ListenAddress(text) }
        #expect(error?.problem == problem)
        #expect(error?.description.contains("[::1]:8787") == true)
    }
}

@Suite struct HeaderFieldsTests {
    private let fields: HeaderFields = ["Host": "x", "X-A": "1", "x-a": "2", "X-AB": "3"]

    @Test func findsEveryFieldOfANameWhateverItsCase() {
        #expect(fields.values(of: "x-A") == [Array("1".utf8), Array("2".utf8)])
        #expect(fields.values(of: "x-c").isEmpty)
        #expect(fields.firstText(of: "X-a") == "1")
        #expect(fields.firstText(of: "X") == nil)
    }

    @Test func keepsOrderCaseAndCount() {
        #expect(fields.map(\.name) == ["Host", "X-A", "x-a", "X-AB"])
        #expect(fields.wireBytes == (4 + 1) + (3 + 1) + (3 + 1) + (4 + 1) + 4 * 4)
    }
}

@Suite struct HTTPRequestHeadTests {
    @Test(arguments: [
        ("/fal/t%20k?x=1", "/fal/t%20k"), ("/?", "/"), ("/", "/"), ("*", "*"), ("/a/../b", "/a/../b"),
        ("http://host:80/p?q", "/p"), ("HTTPS://host", "/"), ("http://host?q", ""),
    ])
    func hasThePathAsItWasWritten(_ target: String, _ path: String) {
        #expect(HTTPRequestHead(method: "GET", target: target).path == path)
    }

    @Test func decodesTheQuery() {
        let items = HTTPRequestHead(method: "GET", target: "/p?a=1&b&&c=%41+%zz%4&a==&%C3%A9=%").queryItems
        #expect(
            items.map { [$0.name, $0.value] } == [["a", "1"], ["b", ""], ["c", "A %zz%4"], ["a", "="], ["é", "%"]]
        )
        #expect(HTTPRequestHead(method: "GET", target: "/p").queryItems.isEmpty)
    }
}

@Suite struct AdmissionTests {
    @Test func countsExactlyInTotalAndForEachAddress() {
        var limits = ServerLimits()
        limits.connectionsMax = 3
        limits.connectionsPerAddressMax = 2
        let admission = Admission(limits: limits)
        let (one, other) = (IPAddress.v4(1), IPAddress.v6(high: 0, low: 1))
        #expect([one, one, one].map(admission.admit) == [.admitted, .admitted, .overAddress])
        #expect([other, other].map(admission.admit) == [.admitted, .overTotal])
        admission.release(one)
        #expect([other, one].map(admission.admit) == [.admitted, .overTotal])
        for ip in [one, other, other] { admission.release(ip) }
        #expect(admission.open == 0)
    }
}
