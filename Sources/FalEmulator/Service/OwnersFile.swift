internal import Glibc
internal import Posix
internal import SystemPackage

/// Replaces a file in one step with one that only its owner can read.
func replaceFile(_ path: FilePath, with bytes: [UInt8]) throws {
    let temporary = FilePath("\(path.string).\(getpid()).tmp")
    let file = try FileDescriptor.open(
        temporary,
        .writeOnly,
        options: [.create, .truncate, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite]
    )
    _ = try file.closeAfter { try file.writeAll(bytes) }
    try systemCall("rename", on: path.string) { unsafe rename(temporary.string, path.string) }
}

/// Makes a folder and those above it, where they are not there.
func makeDirectory(_ path: FilePath) throws(SystemCallError) {
    guard path.lastComponent != nil else { return }
    let text = path.string
    if unsafe access(text, F_OK) == 0 { return }
    try makeDirectory(path.removingLastComponent())
    // Somebody else may make it in between.
    if unsafe mkdir(text, 0o700) == -1, errno != EEXIST {
        throw SystemCallError(call: "mkdir", errno: Errno(rawValue: errno), subject: text)
    }
}
