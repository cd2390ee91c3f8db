import Glibc
import Logging
import Posix
import SystemPackage

/// The folder of the models' documents that something was checked against, each once, named by its SHA-256.
struct ModelDocumentFolder: Sendable {
    private let path: FilePath
    private let logger: Logger

    /// A folder, which need not be there yet.
    init(path: FilePath, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// The file of a document.
    func file(_ digest: String) -> FilePath { path.appending("\(digest).json") }

    /// Keeps a document unless it is kept already; blocks, and a failure is only logged: it costs no submission.
    func keep(_ bytes: [UInt8], _ digest: String) {
        let file = file(digest)
        guard unsafe access(file.string, F_OK) != 0 else { return }
        do {
            _ = try Directory.make(path.string, mode: 0o700)
            try replaceFile(file, with: bytes, permissions: .ownerReadWrite)
        } catch {
            logger.warning("a model's document is not kept", metadata: ["file": "\(file)", "error": "\(error)"])
        }
    }
}
