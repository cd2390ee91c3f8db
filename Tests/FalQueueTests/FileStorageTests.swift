import HTTPClient
import TestSupport
import Testing

@testable import FalQueue

private func answer(_ status: Int, _ body: String) -> String {
    "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
}

/// What is uploaded, where to, and what becomes of it when the storage does not answer as it should.
@Suite struct FileStorageTests {
    private let file = UploadFile(name: "a.PNG", byteCount: 3) { Array([1, 2, 3][$0]) }

    private func storage(_ peer: LoopbackPeer) throws -> FileStorage {
        FileStorage(
            client: try HTTPClient(),
            url: try QueueURL.parse(peer.url("")),
            key: try FalKey("id:secret"),
            pause: { _ in }
        )
    }

    @Test func theKeyGoesToTheAPIAndNotToWhereTheFileIsPut() throws {
        let peer = LoopbackPeer { connection, number in
            let host = connection.readRequest()?.header("Host") ?? ""
            let ticket = #"{"file_url":"https://v3.fal.media/f/a.png","upload_url":"http://\#(host)/put?sig=1"}"#
            connection.write(answer(200, number == 0 ? ticket : "{}"))
        }
        defer { peer.stop() }
        #expect(try storage(peer).upload(file, progress: { _ in }) == "https://v3.fal.media/f/a.png")
        let requests = peer.requests
        #expect(
            requests.map { $0.lines.first?.split(separator: " ").prefix(2).joined(separator: " ") } == [
                "POST /storage/upload/initiate?storage_type=fal-cdn-v3", "PUT /put?sig=1",
            ]
        )
        #expect(requests[0].header("Authorization") == "Key id:secret")
        #expect(requests[0].body == Array(#"{"content_type":"image/png","file_name":"a.PNG"}"#.utf8))
        #expect(requests[1].header("Authorization") == nil)
        #expect(requests[1].header("Content-Type") == "image/png")
        #expect(requests[1].body == [1, 2, 3])
    }

    @Test func aStorageThatIsBusyIsAskedThreeTimesAndARefusalOnce() throws {
        let busy = LoopbackPeer { connection, _ in
            _ = connection.readRequest()
            connection.write(answer(503, "{}"))
        }
        defer { busy.stop() }
        #expect(throws: UploadError.self) { try storage(busy).upload(file, progress: { _ in }) }
        #expect(busy.requests.count == FileStorage.attemptsMax)
        let strict = LoopbackPeer { connection, _ in
            _ = connection.readRequest()
            connection.write(answer(403, #"{"detail":"User is locked."}"#))
        }
        defer { strict.stop() }
        let refused = #expect(throws: UploadError.self) { try storage(strict).upload(file, progress: { _ in }) }
        #expect(refused.map { "\($0)" }?.contains("User is locked.") == true)
        #expect(strict.requests.count == 1)
    }

    @Test(arguments: [
        #"{"file_url":"https://a/b","upload_url":"http://elsewhere.example/put"}"#,
        #"{"file_url":"https://a/b","upload_url":"file:///etc/passwd"}"#,
        #"{"file_url":"javascript:1","upload_url":"https://a/put"}"#, #"{"file_url":"https://a/b"}"#, "[]", "",
        #"{"file_url":"https://a/b","upload_url":"https://a/put?x=\u000d\u000aHost: b"}"#,
    ])
    func anAnswerThatSendsTheFileAstrayIsNotFollowed(answer: String) throws {
        #expect(UploadTicket(Array(answer.utf8), from: .falREST) == nil)
    }

    @Test func anUploadsQueryHasALimit() throws {
        func ticket(_ bytes: Int) -> UploadTicket? {
            let query = "?" + String(repeating: "q", count: bytes - 1)
            return UploadTicket(
                Array(#"{"file_url":"https://a/b","upload_url":"https://a/p\#(query)"}"#.utf8),
                from: .falREST
            )
        }
        #expect(ticket(UploadTicket.queryBytesMax)?.partURL(2).hasPrefix("https://a/p/2?qq") == true)
        #expect(ticket(UploadTicket.queryBytesMax + 1) == nil)
    }

    @Test func aFileHasALimitAndMustStayAsLongAsItWas() throws {
        let peer = LoopbackPeer { connection, _ in
            _ = connection.readRequest()
            connection.write(answer(200, #"{"file_url":"https://a/b","upload_url":"https://127.0.0.1:1/put"}"#))
        }
        defer { peer.stop() }
        func failure(_ byteCount: Int) throws -> UploadError? {
            let storage = try storage(peer)
            return #expect(throws: UploadError.self) {
                try storage.upload(.init(name: "a", byteCount: byteCount) { _ in [] }, progress: { _ in })
            }
        }
        #expect(try failure(FileStorage.fileBytesMax + 1) == .tooLarge)
        #expect(peer.requests.isEmpty)
        #expect(try failure(FileStorage.fileBytesMax) == .fileChanged)
    }

    @Test(arguments: [
        (#"{"image_url":"@a","prompt":"@a"}"#, #"{"image_url":"A","prompt":"@a"}"#),
        (#"{"image_urls":"@a"}"#, #"{"image_urls":["A"]}"#),
        (#"{"image_urls":["@a","b",7,"@a"]}"#, #"{"image_urls":["A","b",7,"A"]}"#),
        (#"{"image_url":null,"x_urls":{"a":"@a"}}"#, #"{"image_url":null,"x_urls":{"a":"@a"}}"#),
    ])
    func textsThatBelongToURLsAreReplacedAndNoOthers(input: String, expected: String) throws {
        var builder = try InputBuilder(object: Array(input.utf8))
        builder.replaceURLs { $0 == "@a" ? "A" : nil }
        #expect(String(decoding: try builder.encoded(), as: UTF8.self) == expected)
    }
}
