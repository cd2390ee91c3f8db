import Crypto
import Glibc
import Posix
import SystemPackage

/// A file on its way: the bytes that came so far, under a hidden name in the folder that it goes to.
///
/// What came stays when the process ends, and a later attempt goes on behind it. Not after the machine went down: the bytes
/// are not synced before all are there, so the notes beside them name the boot that they belong to.
struct PartialFile: ~Copyable {
    /// What has to be the same for the bytes to be gone on from.
    struct Notes: Equatable {
        /// The boot in which the bytes were written.
        var boot: String
        /// The strong entity tag of the whole (RFC 9110 §8.8.3); empty where the server has none.
        var tag: String
        /// The length of the whole; nil where the server does not say.
        var total: Int?
    }

    /// How much of it is read at a time to find its digest.
    static let chunkBytes = 1 << 20
    /// The longest entity tag that is noted, bytes.
    static let tagBytesMax = 256

    private let directory: String
    private let path: String
    private let file: OwnedDescriptor
    private let boot: String

    /// Opens what is there of a file, or begins it.
    ///
    /// - Parameters:
    ///   - directory: The folder; it is made if it is missing.
    ///   - name: What tells it from every other file there.
    ///   - boot: The name of this boot of the machine.
    /// - Throws: `SystemCallError`.
    init(in directory: String, named name: String, boot: String) throws(SystemCallError) {
        self.directory = directory
        self.boot = boot
        path = Self.path(in: directory, named: name)
        try Self.makeFolders(directory)
        file = try OwnedDescriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    }

    /// The name of this boot of the machine (random(4)); empty when it cannot be read, and then nothing is gone on from.
    static var currentBoot: String {
        let bytes = (try? readFile("/proc/sys/kernel/random/boot_id", bytesMax: 64)) ?? []
        return String(decoding: bytes.filter { $0 > 0x20 }, as: UTF8.self)
    }

    /// What can be gone on from: how many bytes are there, and the notes on them; nil when it begins anew.
    func resumable() throws(SystemCallError) -> (bytes: Int, notes: Notes)? {
        let size = try file.size()
        guard size > 0, let bytes = try? readFile(FilePath(notesPath), bytesMax: 4_096) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 3, !boot.isEmpty, lines[0] == boot else { return nil }
        let notes = Notes(boot: boot, tag: String(lines[1]), total: Int(lines[2]))
        return (size, notes)
    }

    /// Begins anew, with other notes.
    func begin(tag: String, total: Int?) throws(SystemCallError) {
        try file.truncate(to: 0)
        let text = "\(boot)\n\(tag)\n\(total.map { "\($0)" } ?? "")\n"
        let notes = try OwnedDescriptor.open(notesPath, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)
        try Self.write(Array(text.utf8), at: 0, to: notes)
    }

    /// Writes bytes at an offset, all of them.
    func write(_ bytes: [UInt8], at offset: Int) throws(SystemCallError) {
        try Self.write(bytes, at: offset, to: file)
    }

    /// Forgets what came.
    func discard() { Self.discard(path) }

    /// Forgets what came of a file, if anything did.
    static func discard(in directory: String, named name: String) { discard(path(in: directory, named: name)) }

    private static func discard(_ path: String) {
        // Whatever stays is taken for what it is, or begun anew, by the next attempt.
        try? Directory.remove(notesPath(path))
        try? Directory.remove(path)
    }

    private static func path(in directory: String, named name: String) -> String {
        "\(directory)/.falconer-\(name).part"
    }

    /// Syncs the bytes and gives the file its name, in one step.
    ///
    /// - Parameters:
    ///   - name: Its path beneath the folder.
    ///   - bytes: Its length.
    /// - Returns: The file.
    /// - Throws: `SystemCallError`.
    func save(as name: String, bytes: Int) throws(SystemCallError) -> SavedFile {
        let digest = try digest(bytes)
        try file.synchronizeData()
        let target = "\(directory)/\(name)"
        let folder = target.lastIndex(of: "/").map { String(target[..<$0]) } ?? directory
        try Self.makeFolders(folder)
        try Directory.rename(path, to: target)
        try Directory.synchronize(folder)
        if folder != directory { try Directory.synchronize(directory) }
        try? Directory.remove(notesPath)
        return SavedFile(path: target, bytes: bytes, sha256: digest.hex)
    }

    /// Of what is in the file, not of what was meant to be written.
    private func digest(_ count: Int) throws(SystemCallError) -> SHA256Digest {
        var hash = SHA256()
        var offset = 0
        var chunk: [UInt8] = []
        while offset < count {
            chunk.removeAll(keepingCapacity: true)
            let came = try file.read(min(Self.chunkBytes, count - offset), at: offset, appendingTo: &chunk)
            guard came > 0 else { throw SystemCallError(call: "pread", errno: .ioError, subject: path) }
            hash.update(chunk.span)
            offset += came
        }
        return hash.finalize()
    }

    private var notesPath: String { Self.notesPath(path) }

    private static func notesPath(_ path: String) -> String { path.dropLast(".part".count) + ".notes" }

    private static func write(
        _ bytes: [UInt8],
        at offset: Int,
        to file: borrowing OwnedDescriptor
    ) throws(SystemCallError) {
        var written = 0
        while written < bytes.count {
            written += try file.write(bytes.span.extracting(written...), at: offset + written)
        }
    }

    /// Makes a folder and those above it, each durable before it is used.
    private static func makeFolders(_ path: String) throws(SystemCallError) {
        var missing: [String] = []
        var folder = path
        while !folder.isEmpty, unsafe access(folder, F_OK) != 0 {
            missing.append(folder)
            folder = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        }
        for path in missing.reversed() {
            _ = try Directory.make(path, mode: 0o750)
            let above = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            try Directory.synchronize(above.isEmpty ? "/" : above)
        }
    }
}
