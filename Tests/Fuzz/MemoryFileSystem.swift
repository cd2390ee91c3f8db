import Journal
import Posix
import SystemPackage
import Threading

/// Files in memory, read and written in pieces of a size that the fuzzer chooses.
///
/// Nothing fails and nothing is lost here: the fuzzer decides what is in the files when the journal is opened.
final class MemoryFileSystem: FileSystem {
    fileprivate struct Contents {
        var names: [String: Int] = [:]
        var files: [[UInt8]] = []
    }

    /// The most bytes of one read or write.
    let pieceBytes: Int
    private let contents = Monitor(Contents())

    init(pieceBytes: Int) {
        self.pieceBytes = pieceBytes
    }

    /// The bytes of a file, nil when there is none.
    subscript(path: String) -> [UInt8]? {
        get { contents.withLock { contents in contents.names[path].map { contents.files[$0] } } }
        set {
            contents.withLock { contents in
                contents.names[path] = contents.files.count
                contents.files.append(newValue ?? [])
            }
        }
    }

    /// The paths of all files, in order.
    var paths: [String] { contents.withLock { $0.names.keys.sorted() } }

    func makeDirectory(_ path: String) throws(SystemCallError) -> Bool { true }

    func names(in directory: String) throws(SystemCallError) -> [String] {
        paths.filter { $0.hasPrefix(directory + "/") }.map { String($0.dropFirst(directory.utf8.count + 1)) }
            .filter { !$0.contains("/") }
    }

    func open(_ path: String, _ mode: FileOpening) throws(SystemCallError) -> any File {
        let number: Int? = contents.withLock { contents in
            if let number = contents.names[path] { return mode == .makingNew ? nil : number }
            guard mode == .makingIfMissing || mode == .makingNew else { return nil }
            contents.names[path] = contents.files.count
            contents.files.append([])
            return contents.files.count - 1
        }
        guard let number else {
            throw SystemCallError(call: "open", errno: mode == .makingNew ? .fileExists : .noSuchFileOrDirectory)
        }
        return MemoryFile(fileSystem: self, number: number)
    }

    func rename(_ path: String, to other: String) throws(SystemCallError) {
        contents.withLock { $0.names[other] = $0.names.removeValue(forKey: path) }
    }

    func remove(_ path: String) throws(SystemCallError) {
        contents.withLock { _ = $0.names.removeValue(forKey: path) }
    }

    func synchronizeDirectory(_ path: String) throws(SystemCallError) {}

    fileprivate func withFile<Result: Sendable>(
        _ number: Int,
        _ body: @Sendable (inout [UInt8]) -> Result
    ) -> Result {
        contents.withLock { body(&$0.files[number]) }
    }
}

private final class MemoryFile: File {
    let fileSystem: MemoryFileSystem
    let number: Int

    init(fileSystem: MemoryFileSystem, number: Int) {
        self.fileSystem = fileSystem
        self.number = number
    }

    func size() throws(SystemCallError) -> Int {
        fileSystem.withFile(number) { $0.count }
    }

    func read(_ count: Int, at offset: Int, appendingTo buffer: inout [UInt8]) throws(SystemCallError) -> Int {
        let most = min(count, fileSystem.pieceBytes)
        let piece = fileSystem.withFile(number) { Array($0.dropFirst(offset).prefix(most)) }
        buffer.append(contentsOf: piece)
        return piece.count
    }

    func write(_ bytes: Span<UInt8>, at offset: Int) throws(SystemCallError) -> Int {
        let count = min(bytes.count, fileSystem.pieceBytes)
        let piece = bytes.withUnsafeBufferPointer { Array($0.prefix(count)) }
        fileSystem.withFile(number) { file in
            if file.count < offset + count { file += [UInt8](repeating: 0, count: offset + count - file.count) }
            file.replaceSubrange(offset..<offset + count, with: piece)
        }
        return count
    }

    func truncate(to size: Int) throws(SystemCallError) {
        fileSystem.withFile(number) { file in
            file = Array(file.prefix(size)) + [UInt8](repeating: 0, count: max(0, size - file.count))
        }
    }

    func synchronizeData() throws(SystemCallError) {}
    func synchronize() throws(SystemCallError) {}
    func forgetCached() {}
    func lock() throws(SystemCallError) -> Bool { true }
}
