import FalQueue
import Glibc
import SystemPackage

/// A file on this machine that an input names where a URL belongs.
struct LocalFile {
    /// Its path, as it was given.
    let path: String
    private let byteCount: Int

    /// Finds the file that a text names; nil when it is a URL, or nothing that looks like a path and no file either.
    ///
    /// - Parameter text: `@PATH`, or a path, where a URL would be.
    /// - Throws: ``CommandFailure`` when it is a path and there is no such file.
    init?(_ text: String) throws {
        let isMarked = text.hasPrefix("@")
        guard isMarked || !(text.contains("://") || text.hasPrefix("data:")) else { return nil }
        let path = isMarked ? String(text.dropFirst()) : text
        guard let byteCount = Self.regularFileBytes(path) else {
            guard isMarked || ["/", "./", "../"].contains(where: text.hasPrefix) else { return nil }
            throw CommandFailure(
                .usage,
                "there is no file \(path) that can be uploaded",
                advice: "name a file that is there, or give a URL; nothing was submitted"
            )
        }
        self.path = path
        self.byteCount = byteCount
    }

    /// Uploads it, with progress on standard error once that takes longer than two seconds.
    ///
    /// - Returns: Its URL.
    /// - Throws: ``CommandFailure``.
    func upload(to storage: FileStorage) throws -> String {
        let name = FilePath(path).lastComponent?.string ?? "file"
        do {
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
            return try file.closeAfter {
                var progress = ProgressLine(subject: "uploading \(name)")
                defer { progress.end() }
                let upload = UploadFile(name: name, byteCount: byteCount) { Self.read($0, of: file) }
                return try storage.upload(upload) { [byteCount] in progress.show($0, of: byteCount) }
            }
        } catch let error as UploadError {
            throw failure(error)
        } catch let error as Errno {
            throw CommandFailure(.usage, "\(path) cannot be read: \(error)", advice: "nothing was submitted")
        }
    }

    private func failure(_ error: UploadError) -> CommandFailure {
        let message = "\(path) was not uploaded: \(error)"
        return switch error {
        case .keyRefused: CommandFailure(.keyRefused, message, advice: "check FAL_KEY; nothing was submitted")
        case .fileChanged, .tooLarge: CommandFailure(.usage, message, advice: "nothing was submitted")
        case .refused, .transport, .unusableAnswer:
            CommandFailure(
                .unreachable,
                message,
                advice: "nothing was submitted: run it again, or put the file somewhere yourself and give its URL"
            )
        }
    }

    private static func regularFileBytes(_ path: String) -> Int? {
        var status = stat()
        guard !path.isEmpty, unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    private static func read(_ range: Range<Int>, of file: FileDescriptor) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: range.count)
        var count = 0
        while count < bytes.count {
            let read = try? unsafe bytes.withUnsafeMutableBytes { buffer in
                try unsafe file.read(
                    fromAbsoluteOffset: Int64(range.lowerBound + count),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                )
            }
            guard let read, read > 0 else { return nil }
            count += read
        }
        return bytes
    }
}
