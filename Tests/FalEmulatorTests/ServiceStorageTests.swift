import FalQueue
import HTTPClient
import TestSupport
import Testing

@testable import FalEmulator

/// fal's storage as the emulator plays it, and the client that uploads to it.
@Suite struct ServiceStorageTests {
    private let bytes = (0..<2_500).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    private func file(_ name: String = "clip.mp4") -> UploadFile {
        UploadFile(name: name, byteCount: bytes.count) { Array(bytes[$0]) }
    }

    private func storage(_ fixture: ServiceFixture, wholeBytesMax: Int) throws -> FileStorage {
        FileStorage(
            client: try HTTPClient(),
            url: try QueueURL.parse(fixture.emulator.url),
            key: try FalKey("id:secret"),
            wholeBytesMax: wholeBytesMax,
            partBytes: 1_000,
            pause: { _ in }
        )
    }

    /// One piece at the limit, three parts one byte below the file's length.
    @Test(arguments: [2_500, 2_499])
    func aFileGoesInOnePieceOrInPartsAndIsServedBack(wholeBytesMax: Int) throws {
        let fixture = try ServiceFixture()
        var progress: [Int] = []
        let url = try storage(fixture, wholeBytesMax: wholeBytesMax).upload(file()) { progress.append($0) }
        #expect(progress.last == 2_500)
        #expect(progress == progress.sorted())
        #expect(progress.contains(1_000) == (wholeBytesMax == 2_499))
        let served = try fixture.send(.get, url, key: nil)
        #expect(served.status == 200)
        #expect(served.body == bytes)
        #expect(served.headers["Content-Type"] == "video/mp4")
        let part = try fixture.send(.get, url, [("Range", "bytes=10-12")], key: nil)
        #expect(part.body == Array(bytes[10...12]))
    }

    @Test func whoeverHasNoKeyOrNotTheUploadsURLStoresNothing() throws {
        let fixture = try ServiceFixture()
        let begin = #"{"file_name":"a.png","content_type":"image/png"}"#
        let path = "/storage/upload/initiate?storage_type=fal-cdn-v3"
        #expect(try fixture.send(.post, path, body: begin, key: nil).status == 401)
        #expect(try fixture.send(.post, path, body: #"{"file_name":"a.png"}"#).status == 422)
        let ticket = try fixture.send(.post, path, body: begin)
        let url = try #require(ticket.json["file_url"] as? String)
        let upload = try #require(ticket.json["upload_url"] as? String)
        #expect(try fixture.send(.get, url, key: nil).status == 404)
        #expect(try fixture.send(.put, url, body: "x", key: nil).status == 403)
        #expect(try fixture.send(.put, upload, body: "x", key: nil).status == 200)
        #expect(try fixture.send(.get, url, key: nil).text == "x")
    }

    @Test func partsThatAreNotThereMakeNoFile() throws {
        let fixture = try ServiceFixture()
        let begin = #"{"file_name":"a.png","content_type":"image/png"}"#
        let ticket = try fixture.send(.post, "/storage/upload/initiate-multipart", body: begin)
        let upload = try #require(ticket.json["upload_url"] as? String)
        let halves = upload.split(separator: "?")
        let (base, query) = (String(halves[0]), "?" + halves[1])
        let part = try fixture.send(.put, "\(base)/1\(query)", body: "one", key: nil)
        #expect(part.status == 200)
        #expect(try fixture.send(.put, "\(base)/0\(query)", body: "x", key: nil).status == 400)
        let missing = #"{"parts":[{"partNumber":2,"etag":"x"}]}"#
        #expect(try fixture.send(.post, "\(base)/complete\(query)", body: missing, key: nil).status == 400)
        let url = try #require(ticket.json["file_url"] as? String)
        #expect(try fixture.send(.get, url, key: nil).status == 404)
    }

    @Test func theStoreIsBounded() throws {
        var store = UploadStore()
        let upload = UploadStore.Upload(name: "a", contentType: "b/c", token: "t", isInParts: false)
        for number in 0..<UploadStore.countMax { try store.begin("\(number)", upload) }
        #expect(throws: UploadStore.Refusal.full) { try store.begin("one more", upload) }
    }
}
