package import Posix

/// The file system as the journal uses it: the seam at which tests play the disk.
///
/// Every call is one system call or a few, and promises no more than they do: nothing is on disk before the file, and
/// for a new name the directory, was synchronized (fsync(2)).
package protocol FileSystem: Sendable {
    /// Makes a directory of mode 0750.
    ///
    /// - Returns: Whether it was made; false when it is there already.
    func makeDirectory(_ path: String) throws(SystemCallError) -> Bool

    /// The names in a directory, in no order, without `.` and `..`.
    func names(in directory: String) throws(SystemCallError) -> [String]

    /// Opens a file.
    func open(_ path: String, _ mode: FileOpening) throws(SystemCallError) -> any File

    /// Gives a file another name, replacing what had it, at once or not at all (rename(2)).
    func rename(_ path: String, to other: String) throws(SystemCallError)

    /// Takes a name away.
    func remove(_ path: String) throws(SystemCallError)

    /// Puts the names in a directory on disk.
    func synchronizeDirectory(_ path: String) throws(SystemCallError)
}

/// How a file is opened; files are made with mode 0640.
package enum FileOpening: Sendable {
    /// For reading; it must be there.
    case reading
    /// For reading and writing; it must be there.
    case writing
    /// For reading and writing; made if it is not there.
    case makingIfMissing
    /// For reading and writing; it must not be there.
    case makingNew
}

/// An open file; it is closed when nobody holds it any more.
package protocol File: AnyObject, Sendable {
    /// Its size in bytes.
    func size() throws(SystemCallError) -> Int

    /// Reads at most `count` bytes from an offset, in one call, and appends them.
    ///
    /// - Returns: How many bytes came: fewer than asked for where the file ends or the kernel likes, 0 at the end.
    func read(_ count: Int, at offset: Int, appendingTo buffer: inout [UInt8]) throws(SystemCallError) -> Int

    /// Writes at an offset, in one call.
    ///
    /// - Returns: How many bytes were taken, at least one; perhaps fewer than were given.
    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemCallError) -> Int

    /// Cuts the file to a size, or extends it with zeros.
    func truncate(to size: Int) throws(SystemCallError)

    /// Puts the bytes on disk, and the size if reading them needs it (fdatasync(2)).
    func synchronizeData() throws(SystemCallError)

    /// Puts the bytes and all that is known of the file on disk (fsync(2)), but not its name.
    func synchronize() throws(SystemCallError)

    /// Has what is in memory unchanged read from disk the next time (posix_fadvise(2)); advice, so it cannot fail.
    func forgetCached()

    /// Locks the file for as long as it is open.
    ///
    /// - Returns: Whether it was locked; false when another opening of it is.
    func lock() throws(SystemCallError) -> Bool
}
