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
}
