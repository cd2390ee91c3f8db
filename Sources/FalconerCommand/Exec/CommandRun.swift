import Glibc
import Posix
import SystemPackage

/// One run of a command: its end, its time, and what it says on standard error.
struct CommandRun {
    private enum Cut {
        case tookTooLong
        case interrupted
    }

    private let process: SpawnedProcess
    private let timeout: Duration
    private let killing: WakeUp
    private var deadline: ContinuousClock.Instant
    private var cut: Cut?
    private var isErrorOpen = true
    private var tail = ErrorTail()

    /// A command that was started just now.
    ///
    /// - Parameters:
    ///   - process: The command.
    ///   - timeout: How long it may take before its group is told to end.
    ///   - killing: Readable when it is to be killed at once.
    init(_ process: SpawnedProcess, timeout: Duration, killing: WakeUp) {
        self.process = process
        self.timeout = timeout
        self.killing = killing
        deadline = .now + timeout
    }

    /// Waits for its end, passing on what it writes to standard error.
    consuming func outcome() -> WorkOutcome {
        while !waitForEnd() {}
        // What it wrote last; what a process that it left behind may still write is not waited for.
        passOnErrors()
        if cut != nil { process.signalGroup(SIGKILL) }
        let exit = process.wait()
        switch (cut, exit) {
        case (.interrupted, _): return .interrupted
        case (.tookTooLong, _): return .failed(explained("took longer than \(timeout)"))
        case (nil, .code(0)): return .done
        case (nil, .code(ExecCommand.laterCode)):
            return .later(after: nil, explained("exit code \(ExecCommand.laterCode)"))
        case (nil, .code(let code)): return .failed(explained("exit code \(code)"))
        case (nil, .signal(let number)): return .failed(explained("ended by signal \(number)"))
        }
    }

    private func explained(_ reason: String) -> String {
        tail.lastLine.map { "\(reason): \($0)" } ?? reason
    }

    /// Waits for something to happen; true when the command has ended.
    private mutating func waitForEnd() -> Bool {
        // A negative number is passed over (poll(2)).
        var entries = [
            pollfd(fd: process.endDescriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isErrorOpen ? process.errorDescriptor : -1, events: Int16(POLLIN), revents: 0),
            pollfd(fd: isKilled ? -1 : killing.number, events: Int16(POLLIN), revents: 0),
        ]
        let left = ContinuousClock.now.duration(to: deadline) / .milliseconds(1)
        let came = unsafe poll(&entries, 3, Int32(max(0, min(left, 1_000_000_000)).rounded(.up)))
        guard came >= 0 else { return false }
        if entries[0].revents != 0 { return true }
        if entries[1].revents != 0 { passOnErrors() }
        if entries[2].revents != 0 {
            cut = .interrupted
            process.signalGroup(SIGKILL)
        } else if deadline <= .now {
            // First it is told to end, then it is killed; both more often than once does no harm.
            process.signalGroup(cut == nil ? SIGTERM : SIGKILL)
            if cut == nil { cut = .tookTooLong }
            deadline = .now + ExecCommand.graceTime
        }
        return false
    }

    private var isKilled: Bool { cut == .interrupted }

    private mutating func passOnErrors() {
        while isErrorOpen {
            guard let piece = process.readErrors() else {
                isErrorOpen = false
                return
            }
            if piece.isEmpty { return }
            tail.append(piece)
            // There is nobody to tell when that fails.
            _ = try? FileDescriptor.standardError.writeAll(piece)
        }
    }
}
