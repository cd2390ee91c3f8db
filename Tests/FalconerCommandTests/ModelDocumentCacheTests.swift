import FalQueue
import Glibc
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import FalconerCommand

/// Where models' documents are kept, for how long, and that what is there is whole.
@Suite struct ModelDocumentCacheTests {
    private func endpoint(_ bytes: Int = 12) throws -> EndpointID {
        try EndpointID.parse("fal-ai/" + String(repeating: "b", count: bytes - "fal-ai/".count))
    }

    @Test func whatWasKeptLastIsFoundAndFreshForADay() throws {
        let directory = TemporaryDirectory()
        let cache = ModelDocumentCache(folder: directory.file("not/yet/there").string)
        let id = try endpoint()
        #expect(cache.read(id, now: .now) == nil)
        cache.write([1, 2, 3], id)
        cache.write([4], id)
        #expect(cache.read(id, now: .now)?.bytes == [4])
        var status = stat()
        #expect(stat(cache.path(of: id), &status) == 0)
        let written = WallTime(microseconds: Int64(status.st_mtim.tv_sec) * 1_000_000)
        let day: Int64 = 24 * 3600 * 1_000_000
        for (age, isFresh) in [(0, true), (day - 1, true), (day, false), (-1, false)] {
            let kept = cache.read(id, now: WallTime(microseconds: written.microseconds + age))
            #expect(kept?.isFresh == isFresh, "\(age)")
        }
        #expect(try Directory.names(in: directory.file("not/yet/there").string).count == 1)
    }

    @Test func whatIsTooLongOrNoFileIsNotThere() throws {
        let directory = TemporaryDirectory()
        let cache = ModelDocumentCache(folder: directory.path.string)
        let id = try endpoint()
        cache.write([UInt8](repeating: 0x20, count: ModelDocument.bytesMax), id)
        #expect(cache.read(id, now: .now)?.bytes.count == ModelDocument.bytesMax)
        cache.write([UInt8](repeating: 0x20, count: ModelDocument.bytesMax + 1), id)
        #expect(cache.read(id, now: .now) == nil)
        #expect(unlink(cache.path(of: id)) == 0)
        #expect(mkdir(cache.path(of: id), 0o700) == 0)
        #expect(cache.read(id, now: .now) == nil)
    }

    @Test func aNameThatIsTooLongForAFileBecomesADigest() throws {
        let cache = ModelDocumentCache(folder: "/f")
        // The slash becomes three bytes.
        let longest = cache.path(of: try endpoint(ModelDocumentCache.nameBytesMax - 2))
        #expect(longest.hasPrefix("/f/fal-ai%2Fbbb"))
        let longer = cache.path(of: try endpoint(ModelDocumentCache.nameBytesMax - 1))
        #expect(longer.utf8.count == "/f/.json".utf8.count + 64)
    }

    @Test func theFolderIsTheUsersAndAnEmulatorHasItsOwn() throws {
        func path(_ variables: [String: String], _ site: String = "https://fal.ai") throws -> String? {
            ModelDocumentCache(environment: Environment(variables: variables), site: try QueueURL.parse(site))?
                .path(of: try EndpointID.parse("a/b"))
        }
        #expect(try path(["XDG_CACHE_HOME": "/c", "HOME": "/h"]) == "/c/falconer/models/a%2Fb.json")
        #expect(try path(["XDG_CACHE_HOME": "c", "HOME": "/h"]) == "/h/.cache/falconer/models/a%2Fb.json")
        #expect(try path([:]) == nil)
        let other = try path(["HOME": "/h"], "http://127.0.0.1:8788")
        #expect(other == "/h/.cache/falconer/models/http%3A%2F%2F127.0.0.1%3A8788/a%2Fb.json")
    }
}
