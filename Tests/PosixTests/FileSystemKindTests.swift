import Posix
import Testing

@Suite struct FileSystemKindTests {
    @Test(
        arguments: [
            (0x6969, .foreign("NFS")), (0x517B, .foreign("SMB")), (0xFF53_4D42, .foreign("SMB")),
            (0xFE53_4D42, .foreign("SMB")), (0x6573_5546, .foreign("FUSE")), (0x0102_1997, .foreign("9P")),
            (0x00C3_6400, .foreign("Ceph")), (0x5346_414F, .foreign("AFS")), (0x0102_1994, .memory("tmpfs")),
            (0xEF53, .local), (0x5846_5342, .local), (0x9123_683E, .local), (0x794C_7630, .local), (0, .local),
        ] as [(UInt32, FileSystemKind)]
    )
    func aFileSystemIsKnownByItsNumber(magic: UInt32, kind: FileSystemKind) {
        #expect(FileSystemKind(magic: magic) == kind)
    }

    @Test func theKernelIsAskedAboutAPath() throws {
        #expect(try FileSystemKind(of: "/dev/shm") == .memory("tmpfs"))
        #expect(try FileSystemKind(of: "/proc") == .local)
        #expect(throws: SystemCallError.self) { try FileSystemKind(of: "/no/such/path") }
        #expect(ExtJournal(of: "/proc") == .unknown)
        #expect(ExtJournal(of: "/no/such/path") == .unknown)
    }

    @Test func aJournalOfExt4IsSeenInItsOptions() {
        #expect(ExtJournal(options: "rw\nbarrier\ndata=ordered\nstripe=0\n") == .present)
        #expect(ExtJournal(options: "rw\nbarrier\nnojournal_checksum\n") == .absent)
        #expect(ExtJournal(options: "") == .unknown)
    }
}
