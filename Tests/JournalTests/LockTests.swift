import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Journal

@Suite struct LockTests {
    @Test func aSecondOpeningIsRefusedAndToldByWhom() throws {
        let directory = TemporaryDirectory()
        let path = directory.path.appending("data").appending("journal")
        let journal = try Journal.open(directory: path, options: sampleOptions(), logger: quiet)
        let error = #expect(throws: JournalError.self) {
            try Journal.open(directory: path, options: sampleOptions(), logger: quiet)
        }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("process \(getpid())") == true)
        #expect(try journal.appendAndWait(sampleDraft(1)) == 1)
        journal.close()
        let again = try Journal.open(directory: path, options: sampleOptions(), logger: quiet)
        #expect(again.durable == (1, 1))
        again.close()
    }

    @Test func directoriesAndFilesAreNotForEverybody() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("journal")
        try Journal.open(directory: path, options: sampleOptions(), logger: quiet).close()
        func mode(_ path: FilePath) -> mode_t {
            var status = stat()
            return stat(path.string, &status) == 0 ? status.st_mode & 0o777 : 0
        }
        #expect(mode(path) & 0o027 == 0)
        #expect(mode(path.appending("00000000000000000001.jsonl")) & 0o027 == 0)
    }

    @Test func anotherProcessIsKeptOutAndKeepsOut() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("journal")
        let lock = path.appending("LOCK").string
        let journal = try Journal.open(directory: path, options: sampleOptions(), logger: quiet)
        // flock(1) takes the very lock: it ends with 9 where somebody has it.
        #expect(try runFlock(["-n", "-E", "9", lock, "true"]) == 9)
        journal.close()
        #expect(try runFlock(["-n", "-E", "9", lock, "true"]) == 0)
    }

    private func runFlock(_ arguments: [String]) throws -> Int32 {
        var process = pid_t()
        var pointers = (["flock"] + arguments).map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        try #require(posix_spawnp(&process, "flock", nil, nil, &pointers, environ) == 0)
        var status: Int32 = 0
        try #require(waitpid(process, &status, 0) == process)
        return (status >> 8) & 0xFF
    }

    @Test func aRangeThatGoesBadTwiceIsKeptTwice() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("journal")
        let segment = path.appending("00000000000000000001.jsonl").string
        for content in ["first", "other"] {
            try Journal.open(directory: path, options: sampleOptions(), logger: quiet).close()
            let file = fopen(segment, "w")
            fputs(content, file)
            fclose(file)
            try Journal.open(directory: path, options: sampleOptions(), logger: quiet).close()
        }
        let kept = try PosixFileSystem().names(in: path.appending("quarantine").string).sorted()
        #expect(kept == ["1.0-5.2.bad", "1.0-5.bad"])
    }
}
