import ArgumentParser

/// The exit codes that scripts can rely on.
enum ExitStatus: Int32 {
    /// Done.
    case done = 0
    /// A fault of falconer's own.
    case internalFault = 1
    /// The request failed at fal.
    case requestFailed = 2
    /// Nothing came in the time given.
    case timedOut = 3
    /// No such thing.
    case notFound = 4
    /// The service, or fal, cannot be reached.
    case unreachable = 5
    /// Whether the submission arrived is not known.
    case uncertain = 6
    /// A signature or a checksum is wrong.
    case verificationFailed = 7
    /// The disk failed.
    case storage = 8
    /// The fal key was refused.
    case keyRefused = 9
    /// It contradicts something that is there already.
    case conflict = 10
    /// The command line is wrong.
    case usage = 64
    /// Ctrl-C or SIGTERM came before the end.
    case interrupted = 130
}

/// A command that did not do what it was asked: what went wrong, what to do next, and the exit code.
struct CommandFailure: Error {
    let status: ExitStatus
    let message: String
    let advice: String?

    init(_ status: ExitStatus, _ message: String, advice: String? = nil) {
        self.status = status
        self.message = message
        self.advice = advice
    }
}

/// Runs a command's work; a failure is told on standard error and becomes the exit code.
func reportingFailure(_ body: () throws -> Void) throws {
    do {
        try body()
    } catch let failure as CommandFailure {
        throw exitCode(reporting: failure)
    } catch is OutputClosed {
        // Whoever read has seen enough.
    }
}

/// Runs a command's asynchronous work; a failure is told on standard error and becomes the exit code.
func reportingFailure(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let failure as CommandFailure {
        throw exitCode(reporting: failure)
    } catch is OutputClosed {
        // Whoever read has seen enough.
    }
}

private func exitCode(reporting failure: CommandFailure) -> ExitCode {
    StandardError.writeLine("falconer: \(failure.message)")
    if let advice = failure.advice { StandardError.writeLine("  \(advice)") }
    return ExitCode(failure.status.rawValue)
}
