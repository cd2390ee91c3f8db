import Glibc

/// Who holds a lock, found out without asking for the lock.
package enum FileLocks {
    /// The process that holds the exclusive lock (flock(2)) on a file, as `/proc/locks` shows it (proc_locks(5)).
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - named: The process that is said to have it; it settles the matter where the file system shows another device
    ///     number in the table than in stat(2), as Btrfs does.
    /// - Returns: The process, 0 when it is one of another process namespace; `nil` when nobody has the lock, the file
    ///   is not there, or the table cannot be read.
    package static func holder(of path: String, named: Int32? = nil) -> Int32? {
        var status = stat()
        guard unsafe path.withCString({ unsafe stat($0, &status) }) == 0 else { return nil }
        let device = UInt64(status.st_dev)
        var table: [UInt8] = []
        guard let file = try? OwnedDescriptor.open("/proc/locks", O_RDONLY) else { return nil }
        while let came = try? file.read(1 << 16, at: table.count, appendingTo: &table), came > 0 {}
        return holder(
            in: String(decoding: table, as: UTF8.self),
            // gnu_dev_major and gnu_dev_minor (makedev(3)) are macros.
            major: (device >> 8) & 0xFFF | (device >> 32) & 0xFFFF_F000,
            minor: device & 0xFF | (device >> 12) & 0xFFFF_FF00,
            inode: UInt64(status.st_ino),
            named: named
        )
    }

    /// Finds the holder in the table: `2: FLOCK ADVISORY WRITE 15020 fe:00:16222182 0 EOF`.
    static func holder(in table: String, major: UInt64, minor: UInt64, inode: UInt64, named: Int32?) -> Int32? {
        for line in table.split(separator: "\n") {
            let words = line.split(separator: " ")
            // A line with an arrow is of somebody who waits.
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE", let process = Int32(words[4]) else {
                continue
            }
            let place = words[5].split(separator: ":")
            guard place.count == 3, UInt64(place[2]) == inode else { continue }
            let isSameDevice = UInt64(place[0], radix: 16) == major && UInt64(place[1], radix: 16) == minor
            if isSameDevice || process == named { return max(process, 0) }
        }
        return nil
    }
}
