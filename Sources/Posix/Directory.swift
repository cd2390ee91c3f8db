import Glibc
import SystemPackage

/// Directories and the names in them.
package enum Directory {
    /// Makes one directory (mkdir(2)).
    ///
    /// - Returns: Whether it was made; false when something of that name is there already.
    /// - Throws: ``SystemCallError``.
    package static func make(_ path: String, mode: UInt32) throws(SystemCallError) -> Bool {
        do throws(SystemCallError) {
            try systemCall("mkdir", on: path) { unsafe path.withCString { unsafe mkdir($0, mode) } }
            return true
        } catch {
            guard error.errno == .fileExists else { throw error }
            return false
        }
    }

    /// The names in a directory, in no order, without `.` and `..` (readdir(3)).
    package static func names(in path: String) throws(SystemCallError) -> [String] {
        guard let stream = unsafe path.withCString({ unsafe opendir($0) }) else {
            throw SystemCallError(call: "opendir", errno: Errno(rawValue: errno), subject: path)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = unsafe readdir(stream) else { break }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        guard errno == 0 else {
            throw SystemCallError(call: "readdir", errno: Errno(rawValue: errno), subject: path)
        }
        return names
    }

    /// Puts the names in a directory on disk (fsync(2) on a directory).
    package static func synchronize(_ path: String) throws(SystemCallError) {
        let directory = try OwnedDescriptor.open(path, O_RDONLY | O_DIRECTORY)
        do throws(SystemCallError) {
            try directory.synchronize()
        } catch {
            throw SystemCallError(call: error.call, errno: error.errno, subject: path)
        }
    }

    /// Gives a file another name, replacing what had it (rename(2)).
    package static func rename(_ path: String, to other: String) throws(SystemCallError) {
        try systemCall("rename", on: path) {
            unsafe path.withCString { from in
                unsafe other.withCString { unsafe Glibc.rename(from, $0) }
            }
        }
    }

    /// Takes a file's name away (unlink(2)).
    package static func remove(_ path: String) throws(SystemCallError) {
        try systemCall("unlink", on: path) { unsafe path.withCString { unsafe unlink($0) } }
    }
}
