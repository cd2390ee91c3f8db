import Glibc

/// What Ctrl-C does to a command that runs to its end by itself.
package enum Interrupt {
    /// Makes SIGINT end the process with code 130, as shells count it, rather than by the signal.
    ///
    /// - Parameter endsLine: Whether the cursor stands behind a progress line on standard error.
    package static func exits(endsLine: Bool) {
        if endsLine {
            signal(SIGINT, endLineAndExit)
        } else {
            signal(SIGINT, exitInterrupted)
        }
    }
}

/// Only calls that a signal handler may make (signal-safety(7)).
private func exitInterrupted(_ signal: Int32) {
    _exit(130)
}

private func endLineAndExit(_ signal: Int32) {
    var lineFeed = UInt8(ascii: "\n")
    _ = unsafe write(STDERR_FILENO, &lineFeed, 1)
    _exit(130)
}
