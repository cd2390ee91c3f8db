import CLinux
import Glibc
import SystemPackage

/// What kind of file system holds a path, as far as it matters for what a sync is worth.
package enum FileSystemKind: Equatable, Sendable {
    /// On a disk of this machine, as far as anybody can tell.
    case local
    /// In memory: nothing in it outlives the machine's next start.
    case memory(String)
    /// Behind a network, or behind a program: what a sync or a lock means there is up to somebody else.
    case foreign(String)

    /// By the number of statfs(2), `f_type`; the numbers are those of its man page and of linux/magic.h.
    package init(magic: UInt32) {
        switch magic {
        case 0x0102_1994: self = .memory("tmpfs")
        case 0x8584_58F6: self = .memory("ramfs")
        case 0x6969: self = .foreign("NFS")
        case 0x517B, 0xFF53_4D42, 0xFE53_4D42: self = .foreign("SMB")
        case 0x6573_5546: self = .foreign("FUSE")
        case 0x0102_1997: self = .foreign("9P")
        case 0x00C3_6400: self = .foreign("Ceph")
        case 0x5346_414F, 0x6B41_4653: self = .foreign("AFS")
        case 0x7375_7245: self = .foreign("Coda")
        case 0x564C: self = .foreign("NCP")
        case 0x0BD0_0BD0: self = .foreign("Lustre")
        case 0x4750_4653: self = .foreign("GPFS")
        case 0x2003_0528: self = .foreign("OrangeFS")
        case 0x786F_4256: self = .foreign("VirtualBox shared folder")
        case 0xBACB_ACBC: self = .foreign("VMware shared folder")
        default: self = .local
        }
    }

    /// Asks about a path that is there (statfs(2)).
    package init(of path: String) throws(SystemCallError) {
        var status = statfs()
        try systemCall("statfs", on: path) { unsafe path.withCString { unsafe statfs($0, &status) } }
        self.init(magic: UInt32(truncatingIfNeeded: status.f_type))
    }
}

/// What can be told of the ext4 file system that holds a path.
package enum ExtJournal: Equatable, Sendable {
    /// It has a journal.
    case present
    /// It has none: a failed write can cost what an earlier sync had put on disk.
    case absent
    /// It is another file system, or the kernel does not say.
    case unknown

    /// Asks the kernel: `/sys/dev/block/MAJOR:MINOR` names the device, `/proc/fs/ext4/DEVICE/options` its options.
    package init(of path: String) {
        var status = stat()
        guard unsafe path.withCString({ unsafe stat($0, &status) }) == 0 else {
            self = .unknown
            return
        }
        let number = status.st_dev
        // The two parts of a device's number are put together as in makedev(3).
        let major = (number >> 8) & 0xFFF | (number >> 32) & 0xFFFF_F000
        let minor = number & 0xFF | (number >> 12) & 0xFFFF_FF00
        var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe "/sys/dev/block/\(major):\(minor)".withCString { name in
            unsafe target.withUnsafeMutableBytes { buffer in
                guard let start = unsafe buffer.bindMemory(to: CChar.self).baseAddress else { return -1 }
                return unsafe readlink(name, start, buffer.count)
            }
        }
        guard count > 0, let device = target[..<count].split(separator: UInt8(ascii: "/")).last else {
            self = .unknown
            return
        }
        self = Self.ofOptions(at: "/proc/fs/ext4/\(String(decoding: device, as: UTF8.self))/options")
    }

    private static func ofOptions(at path: String) -> ExtJournal {
        var bytes: [UInt8] = []
        do throws(SystemCallError) {
            let file = try OwnedDescriptor.open(path, O_RDONLY)
            while try file.read(4_096, at: bytes.count, appendingTo: &bytes) > 0 {}
        } catch {
            return .unknown
        }
        return ExtJournal(options: String(decoding: bytes, as: UTF8.self))
    }

    /// Reads the options as the kernel lists them, one a line: `data=` is there exactly where there is a journal.
    ///
    /// Seen so with mkfs.ext4 with and without `-O ^has_journal`; ext4(5) has `data=` as the journaling mode.
    package init(options: String) {
        guard !options.isEmpty else {
            self = .unknown
            return
        }
        self = options.split(separator: "\n").contains { $0.hasPrefix("data=") } ? .present : .absent
    }
}
