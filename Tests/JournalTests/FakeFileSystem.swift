import Journal
import Posix
import SystemPackage
import Threading

/// A file system in memory that forgets, in a crash, whatever was not synchronized, in any way the real ones may.
///
/// Files have contents as programs see them and contents that are on disk, with the writes in between as sectors of
/// 512 bytes; names have both too. Faults are a closure that sees every call before it is made.
final class FakeFileSystem: FileSystem {
    /// One call, as the fault closure and the trace see it.
    enum Call: Equatable, Sendable {
        case open(String), read(String), write(String, bytes: Int), truncate(String), synchronizeData(String)
        case synchronize(String), synchronizeDirectory(String), rename(String), remove(String), makeDirectory(String)
    }

    /// What is to become of a call.
    enum Fault: Equatable, Sendable {
        case none
        case fails(Errno)
        /// A write takes only so many bytes.
        case takes(Int)
        /// A sync that says it was done, and was not.
        case lies
    }

    let disk: Monitor<FakeDisk>
    private let fault: @Sendable (Call) -> Fault

    init(_ disk: FakeDisk = FakeDisk(), fault: @escaping @Sendable (Call) -> Fault = { _ in .none }) {
        self.disk = Monitor(disk)
        self.fault = fault
    }

    /// The disk as another process would find it: without faults, and without this one's locks.
    var image: FakeDisk {
        var disk = disk.withLock { $0 }
        disk.locks = []
        return disk
    }

    @discardableResult
    func admit(_ call: Call, _ name: String) throws(SystemCallError) -> Fault {
        let fault = fault(call)
        if case .fails(let errno) = fault { throw SystemCallError(call: name, errno: errno) }
        return fault
    }

    func makeDirectory(_ path: String) throws(SystemCallError) -> Bool {
        try admit(.makeDirectory(path), "mkdir")
        return disk.withLock { $0.directories.insert(path).inserted }
    }

    func names(in directory: String) throws(SystemCallError) -> [String] {
        return disk.withLock { disk in
            disk.names.keys.filter { FakeDisk.directory(of: $0) == directory }
                .map { String($0.dropFirst(directory.utf8.count + 1)) }
        }
    }

    func open(_ path: String, _ mode: FileOpening) throws(SystemCallError) -> any File {
        try admit(.open(path), "open")
        let inode: Int? = disk.withLock { disk in
            if let inode = disk.names[path] { return mode == .makingNew ? nil : inode }
            guard mode == .makingIfMissing || mode == .makingNew else { return nil }
            return disk.make(path)
        }
        guard let inode else {
            let errno: Errno = mode == .makingNew ? .fileExists : .noSuchFileOrDirectory
            throw SystemCallError(call: "open", errno: errno, subject: path)
        }
        return FakeFile(fileSystem: self, inode: inode, path: path)
    }

    func rename(_ path: String, to other: String) throws(SystemCallError) {
        try admit(.rename(path), "rename")
        disk.withLock { $0.rename(path, to: other) }
    }

    func remove(_ path: String) throws(SystemCallError) {
        try admit(.remove(path), "unlink")
        disk.withLock { $0.remove(path) }
    }

    func synchronizeDirectory(_ path: String) throws(SystemCallError) {
        if try admit(.synchronizeDirectory(path), "fsync") == .lies { return }
        disk.withLock { $0.synchronizeNames(in: path) }
    }
}

private final class FakeFile: File {
    let fileSystem: FakeFileSystem
    let inode: Int
    let path: String
    private let holdsLock = Monitor(false)

    init(fileSystem: FakeFileSystem, inode: Int, path: String) {
        self.fileSystem = fileSystem
        self.inode = inode
        self.path = path
    }

    deinit {
        if holdsLock.withLock({ $0 }) { fileSystem.disk.withLock { _ = $0.locks.remove(inode) } }
    }

    func size() throws(SystemCallError) -> Int {
        fileSystem.disk.withLock { $0[inode].seen.count }
    }

    func read(_ count: Int, at offset: Int, appendingTo buffer: inout [UInt8]) throws(SystemCallError) -> Int {
        try fileSystem.admit(.read(path), "pread")
        let bytes = fileSystem.disk.withLock { Array($0[inode].seen.dropFirst(offset).prefix(count)) }
        buffer.append(contentsOf: bytes)
        return bytes.count
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemCallError) -> Int {
        var count = bytes.count
        if case .takes(let limit) = try fileSystem.admit(.write(path, bytes: count), "pwrite") {
            count = min(count, limit)
        }
        let taken = bytes.withUnsafeBufferPointer { Array($0.prefix(count)) }
        fileSystem.disk.withLock { $0[inode].write(taken, at: offset) }
        return count
    }

    func truncate(to size: Int) throws(SystemCallError) {
        try fileSystem.admit(.truncate(path), "ftruncate")
        fileSystem.disk.withLock { $0[inode].truncate(to: size) }
    }

    func synchronizeData() throws(SystemCallError) {
        if try fileSystem.admit(.synchronizeData(path), "fdatasync") == .lies { return }
        fileSystem.disk.withLock { $0[inode].synchronize() }
    }

    func synchronize() throws(SystemCallError) {
        if try fileSystem.admit(.synchronize(path), "fsync") == .lies { return }
        fileSystem.disk.withLock { $0[inode].synchronize() }
    }

    func forgetCached() {}

    func lock() throws(SystemCallError) -> Bool {
        let taken = fileSystem.disk.withLock { $0.locks.insert(inode).inserted }
        if taken { holdsLock.withLock { $0 = true } }
        return taken
    }
}
