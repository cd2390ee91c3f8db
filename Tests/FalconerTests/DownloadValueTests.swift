import HTTPClient
import Journal
import Posix
import Testing

@testable import Falconer

@Suite struct DownloadValueTests {
    @Test func filesAreFoundWhereverTheyAreInAnOutcomeAndOnce() {
        let outcome = """
            {"request_id":"r","status":"OK","payload":{"video":{"url":"https://v3.fal.media/files/a/v.mp4",\
            "content_type":"video/mp4","file_name":"v.mp4","file_size":12},"images":[{"url":"https://v3.fal.media/i.png",\
            "width":1},{"url":"data:image/png;base64,AA","content_type":"image/png"},{"url":"https://v3.fal.media/i.png"}],\
            "mask":{"url":"https://fal.media/m"},"page":{"url":"https://example.com/","title":"no file"},\
            "other":{"url":"https://example.com/x.png","content_type":"image/png"},"url":"text"}}
            """
        #expect(
            MediaFile.all(in: Array(outcome.utf8)) == [
                MediaFile(url: "https://v3.fal.media/files/a/v.mp4", name: "v.mp4", bytes: 12),
                MediaFile(url: "https://v3.fal.media/i.png"), MediaFile(url: "https://fal.media/m"),
                MediaFile(url: "https://example.com/x.png"),
            ]
        )
        #expect(MediaFile.all(in: Array("[]".utf8)).isEmpty)
        #expect(MediaFile.all(in: Array(#"{"payload":null}"#.utf8)).isEmpty)
    }

    @Test(arguments: [(MediaFile.filesMax, MediaFile.filesMax), (MediaFile.filesMax + 1, MediaFile.filesMax)])
    func anOutcomeHasSoManyFilesAtMost(count: Int, taken: Int) {
        let files = (0..<count).map { #"{"url":"https://v3.fal.media/\#($0)"}"# }.joined(separator: ",")
        #expect(MediaFile.all(in: Array("{\"payload\":[\(files)]}".utf8)).count == taken)
    }

    @Test(arguments: [(MediaFile.depthMax - 1, 1), (MediaFile.depthMax, 0)])
    func filesAreLookedForSoDeepAtMost(depth: Int, found: Int) {
        let text =
            "{\"payload\":" + String(repeating: "[", count: depth) + #"{"url":"https://v3.fal.media/a"}"#
            + String(repeating: "]", count: depth) + "}"
        #expect(MediaFile.all(in: Array(text.utf8)).count == found)
    }

    @Test func namesFromFalCannotLeaveTheFolderOrReplaceEachOther() throws {
        let values = PathTemplate.Values(submission: "s", requestID: "../r", endpoint: "xai/grok")
        let files = [
            MediaFile(url: "https://v3.fal.media/files/a/v.mp4"), MediaFile(url: "https://v3.fal.media/b/v.mp4"),
            MediaFile(url: "https://v3.fal.media/c", name: "../../etc/passwd"),
            MediaFile(url: "https://v3.fal.media/..%2f..?x=/y"), MediaFile(url: "https://v3.fal.media"),
            MediaFile(url: "https://v3.fal.media/d", name: ".hidden"),
            MediaFile(url: "https://v3.fal.media/e", name: "ä b\u{0}\n/c.png"),
        ]
        #expect(
            try PathTemplate(PathTemplate.standard).paths(files, values) == [
                "s/v.mp4", "s/1-v.mp4", "s/_.._etc_passwd", "s/_2f..", "s/file", "s/hidden", "s/__b___c.png",
            ]
        )
        let template = try PathTemplate("{endpoint}/{request_id}-{index}.{ext}")
        #expect(template.paths([files[0], files[4]], values) == ["xai_grok/_r-0.mp4", "xai_grok/_r-1.bin"])
        let none = PathTemplate.Values(submission: nil, requestID: "r", endpoint: nil)
        #expect(try PathTemplate("{submission}").paths([files[0]], none) == ["r"])
    }

    @Test(arguments: [
        "", "/{submission}", "../{submission}", "{submission}/../x", "{submission}//x", "{name}", "{submision}",
        "{submission", "submission}",
    ])
    func aTemplateThatCouldDoHarmIsRefused(text: String) {
        #expect(throws: PathTemplate.Problem.self) { try PathTemplate(text) }
    }

    @Test(arguments: [PathTemplate.partBytesMax, PathTemplate.partBytesMax + 1])
    func aPartOfAPathIsSoLongAtMostAndKeepsItsEnd(count: Int) throws {
        let name = String(repeating: "x", count: count - 4) + ".mp4"
        let values = PathTemplate.Values(submission: "s", requestID: "r", endpoint: nil)
        let path = try PathTemplate("{submission}/{name}")
            .paths([MediaFile(url: "https://v3.fal.media/a", name: name)], values)[0]
        #expect(path.utf8.count == 2 + PathTemplate.partBytesMax)
        #expect(path.hasSuffix("x.mp4"))
    }

    @Test func theRestOfAFileIsTakenWhenItIsTheOneThatWasAskedFor() throws {
        func answer(_ status: Int, _ headers: HTTPHeaders, from offset: Int, known: Int? = 100) throws -> FileAnswer {
            try FileAnswer(status: status, headers: headers, from: offset, expected: nil, known: known, bytesMax: 100)
        }
        let rest = try answer(206, ["Content-Range": "bytes 10-99/100", "ETag": "\"a\""], from: 10)
        #expect((rest.offset, rest.total, rest.tag) == (10, 100, "\"a\""))
        let whole = try answer(200, ["Content-Length": "100", "ETag": "W/\"a\""], from: 10)
        #expect((whole.offset, whole.total, whole.tag) == (0, 100, ""))
        for range in ["bytes 11-99/100", "bytes 10-99/101", "bytes */100", ""] {
            #expect(throws: DownloadFailure.self, "\(range)") { try answer(206, ["Content-Range": range], from: 10) }
        }
        #expect(throws: DownloadFailure.self) { try answer(200, ["Content-Length": "101"], from: 0) }
        #expect(throws: DownloadFailure.self) { try answer(206, ["Content-Range": "bytes 0-9/10"], from: 0) }
    }
}
