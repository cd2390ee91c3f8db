import FoundationEssentials
import Glibc
import TestSupport

/// A small file system in memory, mounted on a directory as long as the value is there.
final class MemoryDisk {
    private let path: String
    private var fillers = 0

    /// Mounts it.
    ///
    /// - Parameters:
    ///   - path: An empty directory.
    ///   - bytes: Its size.
    ///   - inodes: How many files and directories it may have, its own root included; nil for as many as fit.
    /// - Throws: ``HarnessFailure`` when it cannot be mounted.
    init(on path: String, bytes: Int, inodes: Int? = nil) throws {
        self.path = path
        let options = "size=\(bytes)" + (inodes.map { ",nr_inodes=\($0)" } ?? "")
        try Self.run("/usr/bin/mount", ["-t", "tmpfs", "-o", options, "falconer-faults", path])
    }

    deinit {
        // Also while something still has a file open.
        try? Self.run("/usr/bin/umount", ["-l", path])
    }

    /// Whether this process may mount.
    static var isAvailable: Bool {
        guard geteuid() == 0, let workspace = try? Workspace() else { return false }
        return (try? MemoryDisk(on: workspace.data, bytes: 1 << 20)) != nil
    }

    /// Takes bytes away, at most as many as there are.
    func fill(bytes: Int) {
        let file = path + "/filler"
        let descriptor = open(file, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let block = [UInt8](repeating: 0, count: 4_096)
        for _ in 0..<bytes / block.count where write(descriptor, block, block.count) < block.count { break }
        close(descriptor)
    }

    /// Takes all names away that are left.
    func fillNames() {
        while true {
            let descriptor = open("\(path)/filler-\(fillers)", O_WRONLY | O_CREAT, 0o600)
            guard descriptor >= 0 else { return }
            close(descriptor)
            fillers += 1
        }
    }

    /// Gives back what was taken.
    func makeRoom() {
        unlink(path + "/filler")
        for number in 0..<fillers { unlink("\(path)/filler-\(number)") }
        fillers = 0
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = try ChildProcess(program, arguments)
        guard process.waitForExit(within: .seconds(20)) == .code(0) else {
            throw HarnessFailure("\(program): \(process.text(.standardError))")
        }
    }
}
