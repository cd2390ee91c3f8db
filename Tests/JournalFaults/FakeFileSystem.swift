package import Journal
package import Posix
package import SystemPackage
package import Threading

/// A file system in memory that forgets, in a crash, whatever was not synchronized, in any way the real ones may.
///
/// Files have contents as programs see them and contents that are on disk, with the writes in between as sectors of
/// 512 bytes; names have both too. Faults are a closure that sees every call before it is made.
package final class FakeFileSystem: FileSystem {
    /// One call, as the fault closure and the trace see it.
    package enum Call: Equatable, Sendable {
        case open(String), read(String), write(String, bytes: Int), truncate(String)
        case synchronizeData(String), synchronize(String), synchronizeDirectory(String)
        case rename(String), remove(String), makeDirectory(String), list(String)

        /// What it is called on.
        package var path: String {
            switch self {
            case .open(let path), .read(let path), .write(let path, _), .truncate(let path),
                .synchronizeData(let path), .synchronize(let path), .synchronizeDirectory(let path),
                .rename(let path), .remove(let path), .makeDirectory(let path), .list(let path):
                path
            }
        }
    }

    /// What is to become of a call.
    package enum Fault: Equatable, Sendable {
        case none
        /// It fails; a sync that fails counts as done in memory, whatever is on disk.
        case fails(Errno)
        /// A write takes only so many bytes.
        case takes(Int)
        /// A sync that says it was done, and was not.
        case lies
        /// It is not made any more: the process is gone.
        case isGone
    }

    /// The disk; a fault closure may look at it.
    package let disk: Monitor<FakeDisk>
    private let fault: @Sendable (Call, Monitor<FakeDisk>) -> Fault

    /// A file system on a disk whose calls meet the faults that a closure decides.
    package init(_ disk: FakeDisk = FakeDisk(), fault: @escaping @Sendable (Call) -> Fault = { _ in .none }) {
        self.disk = Monitor(disk)
        self.fault = { call, _ in fault(call) }
    }

    /// A file system whose closure sees the disk as it is before each call.
    package init(_ disk: FakeDisk, deciding fault: @escaping @Sendable (Call, Monitor<FakeDisk>) -> Fault) {
        self.disk = Monitor(disk)
        self.fault = fault
    }

    /// The disk as another process would find it: without faults, and without this one's locks.
    package var image: FakeDisk {
        disk.withLock { $0.released }
    }

    @discardableResult
    fileprivate func admit(_ call: Call, _ name: String) throws(SystemCallError) -> Fault {
        let fault = fault(call, disk)
        switch fault {
        case .fails(let errno): throw SystemCallError(call: name, errno: errno, subject: call.path)
        case .isGone: throw SystemCallError(call: name, errno: .ioError, subject: call.path)
        case .none, .takes, .lies: return fault
        }
    }

    /// Admits a sync, and has a failed one leave what a failed one leaves.
    fileprivate func admitSync(
        _ call: Call,
        _ name: String,
        failing: (inout FakeDisk) -> Void
    ) throws(SystemCallError) -> Bool {
        let fault = fault(call, disk)
        switch fault {
        case .fails(let errno):
            disk.withLock { failing(&$0) }
            throw SystemCallError(call: name, errno: errno, subject: call.path)
        case .isGone: throw SystemCallError(call: name, errno: .ioError, subject: call.path)
        case .none, .takes: return true
        case .lies: return false
        }
    }

    /// Makes a directory in one that is there.
    package func makeDirectory(_ path: String) throws(SystemCallError) -> Bool {
        try admit(.makeDirectory(path), "mkdir")
        let made = disk.withLock { disk -> Bool? in
            if disk.directories.contains(path) { return false }
            guard disk.directories.contains(String(FakeDisk.directory(of: path))) else { return nil }
            disk.makeDirectory(path)
            return true
        }
        guard let made else { throw SystemCallError(call: "mkdir", errno: .noSuchFileOrDirectory, subject: path) }
        return made
    }

    /// The names of the files in a directory.
    package func names(in directory: String) throws(SystemCallError) -> [String] {
        try admit(.list(directory), "opendir")
        return disk.withLock { disk in
            disk.names.keys.filter { FakeDisk.directory(of: $0) == directory }
                .map { String($0.dropFirst(directory.utf8.count + 1)) }
        }
    }

    /// Opens a file.
    package func open(_ path: String, _ mode: FileOpening) throws(SystemCallError) -> any File {
        try admit(.open(path), "open")
        let (file, errno) = disk.withLock { disk -> (Int?, Errno) in
            if let file = disk.names[path] { return (mode == .makingNew ? nil : file, .fileExists) }
            guard mode == .makingIfMissing || mode == .makingNew,
                disk.directories.contains(String(FakeDisk.directory(of: path)))
            else { return (nil, .noSuchFileOrDirectory) }
            return (disk.make(path), .noSuchFileOrDirectory)
        }
        guard let file else { throw SystemCallError(call: "open", errno: errno, subject: path) }
        return FakeFile(fileSystem: self, file: file, path: path)
    }

    /// Gives a file another name.
    package func rename(_ path: String, to other: String) throws(SystemCallError) {
        try admit(.rename(path), "rename")
        guard disk.withLock({ $0.rename(path, to: other) }) else {
            throw SystemCallError(call: "rename", errno: .noSuchFileOrDirectory, subject: path)
        }
    }

    /// Takes a name away.
    package func remove(_ path: String) throws(SystemCallError) {
        try admit(.remove(path), "unlink")
        guard disk.withLock({ $0.remove(path) }) else {
            throw SystemCallError(call: "unlink", errno: .noSuchFileOrDirectory, subject: path)
        }
    }

    /// Puts the names in a directory on disk.
    package func synchronizeDirectory(_ path: String) throws(SystemCallError) {
        let call = Call.synchronizeDirectory(path)
        if try admitSync(call, "fsync", failing: { $0.failSynchronizeNames(in: path) }) {
            disk.withLock { $0.synchronizeNames(in: path) }
        }
    }
}

private final class FakeFile: File {
    let fileSystem: FakeFileSystem
    let file: Int
    let path: String
    private let holdsLock = Monitor(false)

    init(fileSystem: FakeFileSystem, file: Int, path: String) {
        self.fileSystem = fileSystem
        self.file = file
        self.path = path
    }

    deinit {
        if holdsLock.withLock({ $0 }) { fileSystem.disk.withLock { _ = $0.locks.remove(file) } }
    }

    func size() throws(SystemCallError) -> Int {
        fileSystem.disk.withLock { $0[file].seen.count }
    }

    func read(_ count: Int, at offset: Int, appendingTo buffer: inout [UInt8]) throws(SystemCallError) -> Int {
        try fileSystem.admit(.read(path), "pread")
        let seen = fileSystem.disk.withLock { $0[file].seen }
        let end = min(seen.count, offset + count)
        guard offset < end else { return 0 }
        buffer.append(contentsOf: seen[offset..<end])
        return end - offset
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemCallError) -> Int {
        var count = bytes.count
        if case .takes(let limit) = try fileSystem.admit(.write(path, bytes: count), "pwrite") {
            count = min(count, limit)
        }
        let given = bytes.withUnsafeBufferPointer { Array($0.prefix(count)) }
        let (taken, errno) = fileSystem.disk.withLock { disk -> (Int, Errno) in
            var taken = count
            var errno = Errno.noSpace
            let size = disk[file].seen.count
            if let room = disk.room, offset + taken > size + room { taken = size + room - offset }
            if let most = disk.fileBytesMax, offset + taken > most { (taken, errno) = (most - offset, .fileTooLarge) }
            guard taken > 0 || count == 0 else { return (0, errno) }
            disk.room = disk.room.map { $0 - max(0, offset + taken - size) }
            disk[file].write(taken == given.count ? given : Array(given.prefix(taken)), at: offset)
            return (taken, errno)
        }
        guard taken > 0 || count == 0 else { throw SystemCallError(call: "pwrite", errno: errno, subject: path) }
        return taken
    }

    func truncate(to size: Int) throws(SystemCallError) {
        try fileSystem.admit(.truncate(path), "ftruncate")
        fileSystem.disk.withLock { disk in
            disk.room = disk.room.map { $0 + max(0, disk[file].seen.count - size) }
            disk[file].truncate(to: size)
        }
    }

    func synchronizeData() throws(SystemCallError) {
        try synchronize(.synchronizeData(path), "fdatasync")
    }

    func synchronize() throws(SystemCallError) {
        try synchronize(.synchronize(path), "fsync")
    }

    private func synchronize(_ call: FakeFileSystem.Call, _ name: String) throws(SystemCallError) {
        if try fileSystem.admitSync(call, name, failing: { $0.failSynchronize(file, path: path) }) {
            fileSystem.disk.withLock { $0[file].synchronize() }
        }
    }

    func forgetCached() {
        fileSystem.disk.withLock { $0.forgetCached(file) }
    }

    func lock() throws(SystemCallError) -> Bool {
        let taken = fileSystem.disk.withLock { $0.locks.insert(file).inserted }
        if taken { holdsLock.withLock { $0 = true } }
        return taken
    }
}
