import Glibc
import Posix
import SystemPackage

/// Reads a small file.
///
/// - Throws: `Errno`, `fileTooLarge` when it has more than `bytesMax` bytes.
func readFile(_ path: FilePath, bytesMax: Int) throws -> [UInt8] {
    let file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
    return try file.closeAfter {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = try unsafe chunk.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else { throw Errno.fileTooLarge }
        }
    }
}

/// Replaces a file in one step: after a crash it is the old one or the new one, whole.
func replaceFile(
    _ path: FilePath,
    with bytes: [UInt8],
    permissions: FilePermissions = [.ownerReadWrite, .groupRead]
) throws {
    let temporary = FilePath(path.string + ".tmp")
    let file = try FileDescriptor.open(
        temporary,
        .writeOnly,
        options: [.create, .truncate, .closeOnExec],
        permissions: permissions
    )
    try file.closeAfter {
        // One that a crash left behind keeps its own mode.
        _ = try systemCall("fchmod", on: temporary.string) { fchmod(file.rawValue, permissions.rawValue) }
        try file.writeAll(bytes)
        try systemCall("fsync", on: temporary.string) { fsync(file.rawValue) }
    }
    try systemCall("rename", on: path.string) { unsafe rename(temporary.string, path.string) }
    let directory = try FileDescriptor.open(
        path.removingLastComponent(),
        .readOnly,
        options: [.directory, .closeOnExec]
    )
    try directory.closeAfter {
        _ = try systemCall("fsync", on: path.removingLastComponent().string) { fsync(directory.rawValue) }
    }
}

/// Microseconds that only ever go forward.
func monotonic() -> Int64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
}
