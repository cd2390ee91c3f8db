import Logging
import SystemPackage

/// The file that says up to which event the files of all results are settled.
///
/// It spares a start the reading of the whole journal; an old one costs time and nothing else.
struct DownloadCursor: Sendable {
    private static let bytesMax = 64

    let path: FilePath
    let logger: Logger

    /// What the file says; nil when there is none.
    func read() -> UInt64? {
        guard let bytes = try? readFile(path, bytesMax: Self.bytesMax) else { return nil }
        return UInt64(String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self))
    }

    /// Replaces what the file says.
    func write(_ cursor: UInt64) {
        do {
            try replaceFile(path, with: Array("\(cursor)\n".utf8))
        } catch {
            logger.warning(
                "how far downloads are could not be noted; a start will look at more of the journal",
                metadata: ["file": "\(path)", "error": "\(error)"]
            )
        }
    }
}
