import Glibc
package import Posix
import Threading

/// The file system of the machine.
///
/// A directory that was synchronized once stays open, so that the next time needs no descriptor: a process that has run
/// out of them still begins its segments safely.
package struct PosixFileSystem: FileSystem {
    private let directories = HeldDirectories()

    /// The one there is.
    package init() {}

    /// Makes a directory (mkdir(2)).
    package func makeDirectory(_ path: String) throws(SystemCallError) -> Bool {
        let made = try Directory.make(path, mode: 0o750)
        if made { directories.forget(path) }
        return made
    }

    /// The names in a directory (readdir(3)).
    package func names(in directory: String) throws(SystemCallError) -> [String] {
        try Directory.names(in: directory)
    }

    /// Opens a file (open(2)).
    package func open(_ path: String, _ mode: FileOpening) throws(SystemCallError) -> any File {
        let flags =
            switch mode {
            case .reading: O_RDONLY
            case .writing: O_RDWR
            case .makingIfMissing: O_RDWR | O_CREAT
            case .makingNew: O_RDWR | O_CREAT | O_EXCL
            }
        return PosixFile(path: path, descriptor: try OwnedDescriptor.open(path, flags))
    }

    /// Gives a file another name (rename(2)).
    package func rename(_ path: String, to other: String) throws(SystemCallError) {
        try Directory.rename(path, to: other)
    }

    /// Takes a file's name away (unlink(2)).
    package func remove(_ path: String) throws(SystemCallError) {
        try Directory.remove(path)
    }

    /// Puts the names in a directory on disk (fsync(2)).
    package func synchronizeDirectory(_ path: String) throws(SystemCallError) {
        try directories.directory(path).synchronize()
    }
}

/// Directories that are kept open.
private final class HeldDirectories: Sendable {
    private let held = Monitor<[String: HeldDirectory]>([:])

    func directory(_ path: String) throws(SystemCallError) -> HeldDirectory {
        if let directory = held.withLock({ $0[path] }) { return directory }
        let directory = try HeldDirectory(path)
        held.withLock { $0[path] = directory }
        return directory
    }

    func forget(_ path: String) {
        held.withLock { $0[path] = nil }
    }
}

private final class HeldDirectory: Sendable {
    private let path: String
    private let descriptor: OwnedDescriptor

    init(_ path: String) throws(SystemCallError) {
        self.path = path
        descriptor = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
    }

    func synchronize() throws(SystemCallError) {
        do throws(SystemCallError) {
            try descriptor.synchronize()
        } catch {
            throw SystemCallError(call: error.call, errno: error.errno, subject: path)
        }
    }
}

private final class PosixFile: File {
    private let path: String
    private let descriptor: OwnedDescriptor

    init(path: String, descriptor: consuming OwnedDescriptor) {
        self.path = path
        self.descriptor = descriptor
    }

    func size() throws(SystemCallError) -> Int {
        do throws(SystemCallError) { return try descriptor.size() } catch { throw named(error) }
    }

    func read(_ count: Int, at offset: Int, appendingTo buffer: inout [UInt8]) throws(SystemCallError) -> Int {
        do throws(SystemCallError) {
            return try descriptor.read(count, at: offset, appendingTo: &buffer)
        } catch {
            throw named(error)
        }
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemCallError) -> Int {
        do throws(SystemCallError) { return try descriptor.write(bytes, at: offset) } catch { throw named(error) }
    }

    func truncate(to size: Int) throws(SystemCallError) {
        do throws(SystemCallError) { try descriptor.truncate(to: size) } catch { throw named(error) }
    }

    func synchronizeData() throws(SystemCallError) {
        do throws(SystemCallError) { try descriptor.synchronizeData() } catch { throw named(error) }
    }

    func synchronize() throws(SystemCallError) {
        do throws(SystemCallError) { try descriptor.synchronize() } catch { throw named(error) }
    }

    func forgetCached() {
        descriptor.forgetCached()
    }

    func lock() throws(SystemCallError) -> Bool {
        do throws(SystemCallError) { return try descriptor.lockExclusively() } catch { throw named(error) }
    }

    /// A descriptor does not know its path, and a message without one helps nobody.
    private func named(_ error: SystemCallError) -> SystemCallError {
        SystemCallError(call: error.call, errno: error.errno, subject: path)
    }
}
