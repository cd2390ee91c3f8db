import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Posix

@Suite struct FileLockTests {
    @Test func whoHoldsALockIsFoundWithoutTakingIt() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("LOCK").string
        #expect(FileLocks.holder(of: path) == nil)
        let file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT)
        #expect(FileLocks.holder(of: path) == nil)
        #expect(try file.lockExclusively())
        #expect(FileLocks.holder(of: path) == getpid())
        let other = try OwnedDescriptor.open(path, O_RDWR)
        #expect(try !other.lockExclusively())
        _ = consume file
        #expect(FileLocks.holder(of: path) == nil)
        #expect(try other.lockExclusively())
    }

    @Test(arguments: [
        ("1: FLOCK  ADVISORY  WRITE 70 fe:01:12 0 EOF", Int32?.some(70)),
        ("1: FLOCK  ADVISORY  WRITE 0 fe:01:12 0 EOF", 0),
        ("1: POSIX  ADVISORY  WRITE 70 fe:01:12 0 EOF", nil), ("1: FLOCK  ADVISORY  READ 70 fe:01:12 0 EOF", nil),
        ("1: -> FLOCK  ADVISORY  WRITE 70 fe:01:12 0 EOF", nil), ("1: FLOCK  ADVISORY  WRITE 70 fe:01:13 0 EOF", nil),
        ("1: FLOCK  ADVISORY  WRITE 70 00:2a:12 0 EOF", nil), ("1: FLOCK  ADVISORY  WRITE 71 00:2a:12 0 EOF", 71),
        ("", nil), ("1: FLOCK", nil),
    ])
    func aLineOfTheTableIsOfTheFileOrNot(line: String, holder: Int32?) {
        let table = "7: FLOCK  ADVISORY  WRITE 3 08:11:12 0 EOF\n\(line)\n"
        #expect(FileLocks.holder(in: table, major: 0xFE, minor: 1, inode: 12, named: 71) == holder)
    }
}
