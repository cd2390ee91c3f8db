import FoundationEssentials
import Glibc
package import SystemPackage

/// A directory of a test's own, removed with all it holds when the value goes.
///
/// The path is kept short, because a Unix socket's path has room for 107 bytes (unix(7)).
package final class TemporaryDirectory: Sendable {
    /// Where it is.
    package let path: FilePath

    /// Makes a new, empty directory under `/tmp`.
    package init() {
        var template = Array("/tmp/fal-XXXXXX".utf8CString)
        let made = unsafe template.withUnsafeMutableBufferPointer { buffer in
            unsafe buffer.baseAddress.flatMap { unsafe mkdtemp($0) } != nil
        }
        precondition(made, "no temporary directory could be made: error \(errno)")
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path.string)
    }

    /// The path of something in the directory.
    package func file(_ name: String) -> FilePath {
        path.appending(name)
    }
}
