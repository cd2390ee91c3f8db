import Glibc
import Posix
import SystemPackage

/// The journal's directory, and the two files in it that are not segments.
struct JournalDirectory {
    let fileSystem: any FileSystem
    let path: String

    /// Makes the directories that are missing, mode 0750, and synchronizes the directories that they are entered in.
    func make() throws(SystemCallError) {
        try makeWithParents(path)
        try makeWithParents(path + "/" + "quarantine")
        try synchronizeAncestors()
    }

    /// Puts the way to the directory on disk: an earlier start may have made any of it and been killed before its sync.
    private func synchronizeAncestors() throws(SystemCallError) {
        var ancestor = Self.parent(of: path)
        while ancestor != "/", ancestor != "." {
            ancestor = Self.parent(of: ancestor)
            do throws(SystemCallError) {
                try fileSystem.synchronizeDirectory(ancestor)
            } catch {
                // A directory that may not be read, or that cannot be changed or synchronized (fsync(2)), is not of our
                // making.
                guard [.permissionDenied, .readOnlyFileSystem, .invalidArgument].contains(error.errno) else {
                    throw error
                }
            }
        }
    }

    private static func parent(of path: String) -> String {
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    private func makeWithParents(_ path: String) throws(SystemCallError) {
        let parent = Self.parent(of: path)
        var made = false
        do throws(SystemCallError) {
            made = try fileSystem.makeDirectory(path)
        } catch {
            guard error.errno == .noSuchFileOrDirectory, parent != ".", parent != "/" else { throw error }
            try makeWithParents(parent)
            made = try fileSystem.makeDirectory(path)
        }
        do throws(SystemCallError) {
            // Also where it was there: whoever made it may have been killed before this.
            try fileSystem.synchronizeDirectory(parent)
        } catch {
            // Somebody else's directory that may be entered and not read; only who made a name answers for it.
            guard !made, error.errno == .permissionDenied else { throw error }
        }
    }

    /// Takes the lock, which lasts until the file is closed.
    ///
    /// - Throws: ``JournalError``, `locked` naming the process that has it.
    func lock(process: Int32 = getpid()) throws(JournalError) -> any File {
        var holder: [UInt8] = []
        do throws(SystemCallError) {
            let file = try fileSystem.open(path + "/" + "LOCK", .makingIfMissing)
            if try file.lock() {
                try name(process, in: file)
                return file
            }
            try file.readAll(20, at: 0, appendingTo: &holder)
        } catch {
            throw JournalError(error)
        }
        throw lockedError(holder)
    }

    /// Takes the lock where nothing can be written; `nil` where there is no file to lock.
    ///
    /// flock(2) asks for no particular way of opening.
    ///
    /// - Throws: ``JournalError``, `locked` naming the process that has it.
    func lockWithoutWriting() throws(JournalError) -> (any File)? {
        var holder: [UInt8] = []
        do throws(SystemCallError) {
            let file = try fileSystem.open(path + "/" + "LOCK", .reading)
            if try file.lock() { return file }
            try file.readAll(20, at: 0, appendingTo: &holder)
        } catch {
            if error.errno == .noSuchFileOrDirectory { return nil }
            throw JournalError(error)
        }
        throw lockedError(holder)
    }

    private func lockedError(_ holder: [UInt8]) -> JournalError {
        let name = String(decoding: holder.prefix { (0x30...0x39).contains($0) }, as: UTF8.self)
        return JournalError(
            .locked,
            "the journal in \(path) is in use by process \(name.isEmpty ? "unknown" : name); "
                + "stop that one, or use another data directory"
        )
    }

    /// Writes who has the lock; a disk without room for that is no reason not to start.
    private func name(_ process: Int32, in file: any File) throws(SystemCallError) {
        do throws(SystemCallError) {
            try file.truncate(to: 0)
            try file.writeAll(Array("\(process)\n".utf8).span, at: 0)
        } catch {
            guard error.errno == .noSpace || error.errno == .diskQuotaExceeded else { throw error }
        }
    }

    /// The journal's name, if it has one.
    ///
    /// - Throws: ``JournalError``, `malformedIdentity` when the file holds something else.
    func identity() throws(JournalError) -> String? {
        let name = path + "/" + "ID"
        let text: String
        do throws(SystemCallError) {
            guard try fileSystem.names(in: path).contains("ID") else { return nil }
            var bytes: [UInt8] = []
            try fileSystem.open(name, .reading).readAll(64, at: 0, appendingTo: &bytes)
            text = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        } catch {
            throw JournalError(error)
        }
        guard Self.isSource(text) else {
            throw JournalError(
                .malformedIdentity,
                "\(name) does not hold urn:uuid: and a UUID; restore it, its content is the source of every event beside it"
            )
        }
        return text
    }

    /// Names the journal for good.
    func setIdentity(_ source: String) throws(SystemCallError) {
        precondition(Self.isSource(source), "not a journal's name: \(source)")
        let temporary = path + "/" + "ID" + Recovery.temporarySuffix
        let file = try fileSystem.open(temporary, .makingIfMissing)
        try file.truncate(to: 0)
        try file.writeAll(Array("\(source)\n".utf8).span, at: 0)
        try file.synchronize()
        try fileSystem.rename(temporary, to: path + "/" + "ID")
        try fileSystem.synchronizeDirectory(path)
    }

    /// Whether a text is `urn:uuid:` and a UUID in lower case (RFC 9562 §4).
    static func isSource(_ text: String) -> Bool {
        let head = "urn:uuid:"
        guard text.utf8.count == 45, text.hasPrefix(head) else { return false }
        return text.utf8.dropFirst(head.utf8.count).enumerated().allSatisfy { offset, byte in
            [8, 13, 18, 23].contains(offset)
                ? byte == UInt8(ascii: "-")
                : (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
    }
}
