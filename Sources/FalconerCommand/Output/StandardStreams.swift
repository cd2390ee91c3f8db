import Glibc
import SystemPackage

/// Standard output: data, and nothing else.
enum StandardOutput {
    /// Whether a person reads it.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Writes bytes as they are.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads any more.
    static func write(_ bytes: some Sequence<UInt8>) throws {
        do {
            try FileDescriptor.standardOutput.writeAll(bytes)
        } catch Errno.brokenPipe {
            throw OutputClosed()
        }
    }

    /// Writes a line of text.
    ///
    /// - Throws: ``OutputClosed`` when nobody reads any more.
    static func writeLine(_ text: String) throws {
        try write(Array((text + "\n").utf8))
    }
}

/// Nobody reads the output any more, as when `head` has seen enough; not an error.
struct OutputClosed: Error {}

/// Standard error: progress, advice and logs.
enum StandardError {
    /// Whether a person reads it.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes text as it is; there is nobody to tell when that fails.
    static func write(_ text: String) {
        _ = try? FileDescriptor.standardError.writeAll(Array(text.utf8))
    }

    /// Writes a line of text.
    static func writeLine(_ text: String) {
        write(text + "\n")
    }
}
