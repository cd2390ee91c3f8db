import CLinux
import Glibc
import SystemPackage

/// Files, read and written at offsets.
extension OwnedDescriptor {
    /// Opens a file, closed on exec (open(2)).
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - flags: `O_RDWR` and the like.
    ///   - mode: The permissions of a file that is made, before the umask.
    /// - Returns: The open file.
    /// - Throws: ``SystemCallError``.
    package static func open(
        _ path: String,
        _ flags: Int32,
        mode: UInt32 = 0o640
    ) throws(SystemCallError) -> OwnedDescriptor {
        let number = try systemCall("open", on: path) {
            unsafe path.withCString { unsafe Glibc.open($0, flags | O_CLOEXEC, mode) }
        }
        return OwnedDescriptor(owning: number)
    }

    /// Makes a file in memory that has no path, with these bytes, to be read from its beginning (memfd_create(2)).
    ///
    /// - Throws: ``SystemCallError``.
    package static func memory(_ bytes: [UInt8]) throws(SystemCallError) -> OwnedDescriptor {
        let file = OwnedDescriptor(owning: try systemCall("memfd_create") { unsafe CLinux_memoryFile("falconer") })
        var written = 0
        while written < bytes.count {
            written += try file.write(bytes.span.extracting(written...), at: written)
        }
        return file
    }

    /// The file's size in bytes (fstat(2)).
    package func size() throws(SystemCallError) -> Int {
        var status = stat()
        try systemCall("fstat") { unsafe fstat(number, &status) }
        return Int(status.st_size)
    }

    /// The file's permissions, the last nine bits of its mode (inode(7)).
    package func permissions() throws(SystemCallError) -> UInt32 {
        var status = stat()
        try systemCall("fstat") { unsafe fstat(number, &status) }
        return status.st_mode & 0o777
    }

    /// Reads at an offset, in one call, behind what is in a buffer (pread(2)).
    ///
    /// - Returns: How many bytes came, 0 at the end of the file.
    package func read(
        _ count: Int,
        at offset: Int,
        appendingTo buffer: inout [UInt8]
    ) throws(SystemCallError) -> Int {
        let start = buffer.count
        buffer.append(contentsOf: [UInt8](repeating: 0, count: count))
        var came = 0
        // What did not come is taken off again, also after an error.
        defer { buffer.removeLast(count - came) }
        came = try systemCall("pread") {
            unsafe buffer.withUnsafeMutableBytes { bytes in
                unsafe pread(number, bytes.baseAddress.map { unsafe $0 + start }, count, offset)
            }
        }
        return came
    }

    /// Writes at an offset (pwrite(2)).
    ///
    /// - Returns: How many bytes were taken, perhaps not all.
    package func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemCallError) -> Int {
        try unsafe bytes.withUnsafeBytes { (buffer) throws(SystemCallError) in
            try systemCall("pwrite") { unsafe pwrite(number, buffer.baseAddress, buffer.count, offset) }
        }
    }

    /// Cuts the file, or extends it with zeros (ftruncate(2)).
    package func truncate(to size: Int) throws(SystemCallError) {
        try systemCall("ftruncate") { ftruncate(number, size) }
    }

    /// Puts the data on disk (fdatasync(2)).
    ///
    /// After an error the kernel may count the data as written, so a second try proves nothing.
    package func synchronizeData() throws(SystemCallError) {
        try systemCall("fdatasync") { fdatasync(number) }
    }

    /// Puts the data and all that is known of the file on disk (fsync(2)).
    package func synchronize() throws(SystemCallError) {
        try systemCall("fsync") { fsync(number) }
    }

    /// Drops the file's clean pages from memory (posix_fadvise(2)).
    package func forgetCached() {
        // Advice: where it fails there is nothing to do about it.
        _ = posix_fadvise(number, 0, 0, POSIX_FADV_DONTNEED)
    }

    /// Takes the exclusive lock on the open file, without waiting (flock(2)).
    ///
    /// - Returns: Whether it was taken; false when another opening of the file has it.
    package func lockExclusively() throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try systemCall("flock") { flock(number, LOCK_EX | LOCK_NB) }
            return true
        } catch {
            guard error.errno == .wouldBlock else { throw error }
            return false
        }
    }
}
