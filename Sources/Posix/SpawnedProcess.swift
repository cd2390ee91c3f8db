import CLinux
import Glibc
import SystemPackage

/// A program that was started in a process group of its own, for the one thread that waits for it.
///
/// Its signals are as a shell's children have them, nothing but the three standard descriptors is open in it, and what it
/// writes to standard error is read here. One that was not waited for is killed when the value goes.
@safe
package final class SpawnedProcess {
    /// How a program ended.
    package enum Exit: Equatable, Sendable {
        /// It returned this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    private static let pieceBytes = 16 << 10

    private let processID: Int32
    private let process: OwnedDescriptor
    private let errors: OwnedDescriptor
    private var exit: Exit?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: Its path, or a name that is looked for in `PATH`.
    ///   - arguments: Its arguments, without its name.
    ///   - environment: All of its variables.
    ///   - input: What it reads.
    /// - Throws: ``SystemCallError``, of `posix_spawn` when the program cannot be run.
    package init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String],
        input: borrowing OwnedDescriptor
    ) throws(SystemCallError) {
        var ends: [Int32] = [0, 0]
        try systemCall("pipe2") { unsafe CLinux_pipe2(&ends, O_CLOEXEC) }
        let reading = OwnedDescriptor(owning: ends[0])
        let writing = OwnedDescriptor(owning: ends[1])
        // Only this end: the child's is its own to wait on.
        try systemCall("fcntl") { fcntl(reading.number, F_SETFL, O_NONBLOCK) }
        processID = try spawn(program, arguments, environment, input: input.number, error: writing.number)
        let descriptor = CLinux_openProcess(processID)
        guard descriptor >= 0 else {
            let code = errno
            kill(-processID, SIGKILL)
            _ = reap(processID)
            throw SystemCallError(call: "pidfd_open", errno: Errno(rawValue: code), subject: program)
        }
        process = OwnedDescriptor(owning: descriptor)
        errors = reading
    }

    deinit {
        guard exit == nil else { return }
        kill(-processID, SIGKILL)
        _ = reap(processID)
    }

    /// The number of a descriptor that is readable once the program has ended (pidfd_open(2)).
    package var endDescriptor: Int32 { process.number }

    /// The number of a descriptor that is readable once there is something on standard error, or its end.
    package var errorDescriptor: Int32 { errors.number }

    /// What it has written to standard error since the last time, perhaps nothing; nil at the end.
    package func readErrors() -> [UInt8]? {
        var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
        let count = unsafe piece.withUnsafeMutableBytes { unsafe read(errors.number, $0.baseAddress, $0.count) }
        if count == 0 { return nil }
        return count < 0 ? [] : Array(piece[..<count])
    }

    /// Signals the program and everything it has started that did not leave its group (kill(2)); not after ``wait()``.
    package func signalGroup(_ signal: Int32) {
        // Until it is waited for, the number is nobody else's.
        if exit == nil { kill(-processID, signal) }
    }

    /// Waits for the program to end.
    package func wait() -> Exit {
        if let exit { return exit }
        let ended = reap(processID)
        exit = ended
        return ended
    }
}

private func reap(_ processID: Int32) -> SpawnedProcess.Exit {
    var status: Int32 = 0
    while unsafe waitpid(processID, &status, 0) == -1, errno == EINTR {}
    // WIFSIGNALED and WEXITSTATUS are macros (wait(2)).
    let signal = status & 0x7F
    return signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
}

private func spawn(
    _ program: String,
    _ arguments: [String],
    _ environment: [String: String],
    input: Int32,
    error: Int32
) throws(SystemCallError) -> Int32 {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
    unsafe posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
    _ = unsafe CLinux_closeFrom(&actions, STDERR_FILENO + 1)
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // A signal that is ignored stays ignored over exec (execve(2)), and a command that ignores SIGPIPE or SIGINT is odd.
    var signals = sigset_t()
    unsafe sigfillset(&signals)
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    let flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK
    unsafe posix_spawnattr_setflags(&attributes, Int16(flags))
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    var argumentPointers = unsafe ([program] + arguments).map { unsafe strdup($0) } + [nil]
    var variablePointers = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe (argumentPointers + variablePointers).forEach { unsafe free($0) } }
    var processID: pid_t = 0
    let code = unsafe posix_spawnp(
        &processID,
        program,
        &actions,
        &attributes,
        &argumentPointers,
        &variablePointers
    )
    guard code == 0 else {
        throw SystemCallError(call: "posix_spawn", errno: Errno(rawValue: code), subject: program)
    }
    return processID
}
