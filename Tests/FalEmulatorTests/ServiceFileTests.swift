import Crypto
import HTTPClient
import HTTPServer
import Testing

@testable import FalEmulator

@Suite("The emulator's files")
struct ServiceFileTests {
    @Test("the video of an output can be fetched, whole and as described")
    func whole() async throws {
        let fixture = try ServiceFixture()
        let id = try fixture.submit()
        _ = try await fixture.completed(id)
        let result = try fixture.send(.get, "\(ServiceFixture.app)/requests/\(id)")
        let video = try #require(result.json["video"] as? [String: Any])
        let file = try fixture.send(.get, try #require(video["url"] as? String), key: nil)
        #expect(file.status == 200)
        #expect(file.headers["Content-Type"] == "video/mp4")
        #expect(file.body.count == video["file_size"] as? Int)
        #expect(String(decoding: file.body[4..<8], as: UTF8.self) == "ftyp")
    }

    @Test("a HEAD tells the length and sends nothing")
    func head() throws {
        let fixture = try ServiceFixture()
        let answer = try fixture.send(.head, "/files/video.mp4", key: nil)
        #expect(answer.status == 200)
        #expect(answer.body.isEmpty)
        let count = try #require(Base64.decode(SampleVideo.base64)).count
        #expect(answer.headers["Content-Length"] == "\(count)")
        #expect(answer.headers["Accept-Ranges"] == "bytes")
    }

    @Test("a range is answered 206, one past the end 416")
    func ranges() throws {
        let fixture = try ServiceFixture()
        let whole = try fixture.send(.get, "/files/video.mp4", key: nil).body
        let part = try fixture.send(.get, "/files/video.mp4", [("Range", "bytes=4-7")], key: nil)
        #expect(part.status == 206)
        #expect(part.text == "ftyp")
        #expect(part.headers["Content-Range"] == "bytes 4-7/\(whole.count)")
        let none = try fixture.send(.get, "/files/video.mp4", [("Range", "bytes=\(whole.count)-")], key: nil)
        #expect(none.status == 416)
        #expect(none.headers["Content-Range"] == "bytes */\(whole.count)")
    }

    @Test(
        "a Range header is read as RFC 9110 has it",
        arguments: [
            (nil, .whole), ("bytes=0-0", .part(0..<1)), ("bytes=90-", .part(90..<100)), ("bytes=-10", .part(90..<100)),
            ("bytes=-1000", .part(0..<100)), ("bytes=99-2000", .part(99..<100)), ("bytes=100-", .unsatisfiable),
            ("bytes=-0", .unsatisfiable), ("bytes=5-4", .whole), ("bytes=0-1,3-4", .whole), ("bytes=-", .whole),
            ("lines=0-1", .whole), ("bytes=a-b", .whole), ("bytes=0-9223372036854775807", .whole),
            ("bytes=1-999999999999999999", .part(1..<100)),
        ] as [(String?, ByteRange)]
    )
    func rangeHeader(header: String?, expected: ByteRange) {
        #expect(ByteRange(header, count: 100) == expected)
    }

    @Test("only videos are served")
    func missing() throws {
        let fixture = try ServiceFixture()
        #expect(try fixture.send(.get, "/files/passwd", key: nil).status == 404)
        let other = try fixture.send(.post, "/files/video.mp4", body: "")
        #expect(other.status == 405)
        #expect(other.headers["Allow"] == "GET, HEAD")
    }
}
