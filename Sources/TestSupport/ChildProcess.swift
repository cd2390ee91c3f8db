import CLinux
import FoundationEssentials
import Glibc
import Posix
import SystemPackage
import Threading

/// A program that a test has started, whose output is read as it comes.
///
/// The process is killed when the value goes, so that no test leaves one behind.
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum Exit: Equatable, Sendable {
        /// It returned this code.
        case code(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    /// Which of a program's outputs.
    package enum Output: Sendable {
        /// Standard output.
        case standardOutput
        /// Standard error.
        case standardError
    }

    /// The process's number.
    package let processID: Int32
    private let state: Monitor<ChildState>
    private let threads: [WorkerThread]
    private let input: Int32

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: Its path.
    ///   - arguments: Its arguments, without its name.
    ///   - environment: Variables set beside or instead of this process's own.
    ///   - isInputOpen: Whether its standard input stays open for ``write(_:)``; empty otherwise.
    /// - Throws: ``SystemCallError`` when it cannot be started.
    package init(
        _ executable: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        isInputOpen: Bool = false
    ) throws {
        let input = try Pipe()
        let output = try Pipe()
        let error = try Pipe()
        var variables = ProcessInfo.processInfo.environment
        variables.merge(environment) { $1 }
        processID = try spawn(
            executable,
            [executable] + arguments,
            variables.map { "\($0)=\($1)" },
            descriptors: [input.reading, output.writing, error.writing]
        )
        for end in [input.reading, output.writing, error.writing] { close(end) }
        self.input = input.writing
        if !isInputOpen { close(input.writing) }
        let state = Monitor(ChildState())
        self.state = state
        let processID = processID
        threads = [
            WorkerThread(name: "child stdout") { collect(output.reading, isError: false, state) },
            WorkerThread(name: "child stderr") { collect(error.reading, isError: true, state) },
            WorkerThread(name: "child wait") {
                let exit = waitFor(processID)
                state.withLock { $0.exit = exit }
                state.notifyAll()
            },
        ]
    }

    deinit {
        if state.withLock({ $0.exit }) == nil { kill(processID, SIGKILL) }
        for thread in threads { thread.join() }
    }

    /// Sends bytes to its standard input.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = Glibc.write(input, bytes, bytes.count)
    }

    /// Ends its standard input.
    package func closeInput() {
        close(input)
    }

    /// Sends it a signal, unless it has ended.
    package func signal(_ number: Int32) {
        if state.withLock({ $0.exit }) == nil { kill(processID, number) }
    }

    /// What it has written so far.
    package func text(_ output: Output) -> String {
        state.withLock { state in
            String(decoding: output == .standardOutput ? state.standardOutput : state.standardError, as: UTF8.self)
        }
    }

    /// The whole lines it has written to its standard output so far.
    package var lines: [String] { lines(of: .standardOutput) }

    private func lines(of output: Output) -> [String] {
        var lines = text(output).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        lines.removeLast()
        return lines
    }

    /// Waits for the first whole line that satisfies the condition.
    ///
    /// - Returns: The line, or nil when the program ended or the time is up without one.
    package func line(
        of output: Output = .standardOutput,
        within limit: Duration = .seconds(60),
        where condition: (String) -> Bool
    ) -> String? {
        let deadline = ContinuousClock.now + limit
        while true {
            let seen = state.withLock { ($0.byteCount, $0.openOutputs) }
            if let line = lines(of: output).first(where: condition) { return line }
            let remaining = ContinuousClock.now.duration(to: deadline)
            if seen.1 == 0 || remaining <= .zero { return nil }
            state.wait(
                atMost: remaining,
                until: { $0.byteCount != seen.0 || $0.openOutputs != seen.1 },
                { _, _ in }
            )
        }
    }

    /// Waits for it to end and for all of its output.
    ///
    /// - Returns: How it ended, or nil when the time is up.
    package func waitForExit(within limit: Duration = .seconds(60)) -> Exit? {
        state.wait(atMost: limit, until: { $0.exit != nil && $0.openOutputs == 0 }, { state, _ in state.exit })
    }

    private struct Pipe {
        let reading: Int32
        let writing: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            try systemCall("pipe2") { CLinux_pipe2(&ends, O_CLOEXEC) }
            (reading, writing) = (ends[0], ends[1])
        }
    }
}

/// What is known of a child process, shared between the threads that watch it.
private struct ChildState: Sendable {
    var standardOutput: [UInt8] = []
    var standardError: [UInt8] = []
    var openOutputs = 2
    var byteCount: Int { standardOutput.count + standardError.count }
    var exit: ChildProcess.Exit?
}

private func collect(_ descriptor: Int32, isError: Bool, _ state: Monitor<ChildState>) {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count == -1, errno == EINTR { continue }
        guard count > 0 else { break }
        state.withLock { state in
            if isError {
                state.standardError += buffer[..<count]
            } else {
                state.standardOutput += buffer[..<count]
            }
        }
        state.notifyAll()
    }
    close(descriptor)
    state.withLock { $0.openOutputs -= 1 }
    state.notifyAll()
}

private func waitFor(_ processID: pid_t) -> ChildProcess.Exit {
    var status: Int32 = 0
    while waitpid(processID, &status, 0) == -1, errno == EINTR {}
    // WIFSIGNALED and WEXITSTATUS are macros (wait(2)).
    let signal = status & 0x7F
    return signal == 0 ? .code((status >> 8) & 0xFF) : .signal(signal)
}

private func spawn(
    _ executable: String,
    _ arguments: [String],
    _ variables: [String],
    descriptors: [Int32]
) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
        posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    let argumentPointers = arguments.map { strdup($0) } + [nil]
    let variablePointers = variables.map { strdup($0) } + [nil]
    defer { for pointer in argumentPointers + variablePointers { free(pointer) } }
    var processID: pid_t = 0
    let code = posix_spawn(&processID, executable, &actions, nil, argumentPointers, variablePointers)
    guard code == 0 else {
        throw SystemCallError(call: "posix_spawn", errno: Errno(rawValue: code), subject: executable)
    }
    return processID
}
