import Glibc
import Posix
import SystemPackage

/// Where a ledger is kept: each line is with the kernel before the next thing happens.
struct LedgerFile: ~Copyable {
    private let descriptor: Int32
    private let isOwned: Bool

    /// Opens a file to append to; `-` is standard output.
    init(_ path: String) throws(SystemCallError) {
        isOwned = path != "-"
        descriptor =
            isOwned
            ? try systemCall("open", on: path) { open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644) }
            : STDOUT_FILENO
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Appends a line.
    func write(_ entry: ClientLedger.Entry) {
        var line = entry.line + "\n"
        line.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = Glibc.write(descriptor, piece.baseAddress, piece.count)
                if count > 0 { rest = rest.dropFirst(count) }
                // Without its ledger the client knows nothing, and whoever reads it is gone.
                if count < 0, errno != EINTR { exit(1) }
            }
        }
    }
}
