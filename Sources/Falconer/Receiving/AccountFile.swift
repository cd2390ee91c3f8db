import Logging
import SystemPackage
import Threading

/// The account that was learned, in a file of its own: the delivery it was learned from may be deleted one day.
///
/// The journal is still the first to know it. A crash before the file is written costs nothing as long as the delivery is
/// kept, and it is kept for a day at least.
final class AccountFile: Sendable {
    /// The most bytes of a file that is read; a header with an account is shorter.
    static let bytesMax = 16 << 10

    private let path: FilePath
    private let logger: Logger
    private let writer = Monitor<WorkerThread?>(nil)

    /// The file at a path.
    init(path: FilePath, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    deinit {
        close()
    }

    /// The account in the file; nil when there is none, or none that can be read, which is told.
    func read() -> String? {
        do {
            let bytes = try readFile(path, bytesMax: Self.bytesMax)
            guard let account = String(validating: bytes, as: UTF8.self)?.split(separator: "\n").first else {
                logger.error("the learned account's file holds none", metadata: ["path": "\(path)"])
                return nil
            }
            return String(account)
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            logger.error("the learned account could not be read", metadata: ["path": "\(path)", "error": "\(error)"])
            return nil
        }
    }

    /// Has the account written, on a thread of its own: whoever learns it must not wait for the disk.
    func keep(_ account: String) {
        writer.withLock { writer in
            guard writer == nil else { return }
            writer = WorkerThread(name: "account") { [path, logger] in
                do {
                    try replaceFile(path, with: Array("\(account)\n".utf8), permissions: .ownerReadWrite)
                } catch {
                    logger.error(
                        "the learned account could not be kept in its file",
                        metadata: ["path": "\(path)", "error": "\(error)"]
                    )
                }
            }
        }
    }

    /// Waits until what is to be written is.
    func close() {
        writer.withLock { $0 }?.join()
    }
}
