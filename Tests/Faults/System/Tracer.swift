import FoundationEssentials
import Glibc
import TestSupport

/// A strace that is attached to a running service.
final class Tracer {
    private let process: ChildProcess
    private let output: String

    /// Attaches to every thread of a process, and waits until that is done.
    ///
    /// - Parameters:
    ///   - process: The service.
    ///   - workspace: Where the trace is written.
    ///   - arguments: What to trace, and what to inject.
    /// - Throws: ``HarnessFailure`` when strace cannot.
    init(of process: Int32, in workspace: Workspace, _ arguments: [String]) throws {
        output = Self.trace(in: workspace)
        self.process = try ChildProcess(
            Self.program,
            ["-qq", "-f", "-o", output] + arguments + ["-p", "\(process)"]
        )
        let tracer = self.process
        let isAttached = waits(atMost: .seconds(10)) {
            let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
            return !threads.isEmpty
                && threads.allSatisfy { thread in
                    let status = try? String(contentsOfFile: "/proc/\(process)/task/\(thread)/status", encoding: .utf8)
                    return status?.contains("TracerPid:\t\(tracer.processID)\n") ?? true
                }
        }
        guard isAttached else { throw HarnessFailure("strace does not attach: \(tracer.text(.standardError))") }
    }

    /// The program.
    static let program = "/usr/bin/strace"

    /// Whether it is there and may trace.
    static var isAvailable: Bool {
        guard FileManager.default.isExecutableFile(atPath: program),
            let tracer = try? ChildProcess(program, ["-qq", "-o", "/dev/null", "/bin/true"])
        else { return false }
        return tracer.waitForExit(within: .seconds(10)) == .code(0)
    }

    /// What runs a program under strace, so that the program and not strace is the child.
    static func wrapper(in workspace: Workspace, _ arguments: [String]) -> ServiceProcess.Wrapper {
        ServiceProcess.Wrapper(
            words: [program, "-D", "-qq", "-f", "--seccomp-bpf", "-o", trace(in: workspace)] + arguments,
            patience: .seconds(10)
        )
    }

    /// Where the trace is.
    static func trace(in workspace: Workspace) -> String { workspace.path + "/trace" }

    /// Whether a call was made to fail.
    static func hasInjected(in workspace: Workspace) -> Bool {
        guard let text = try? String(contentsOfFile: trace(in: workspace), encoding: .utf8) else { return false }
        return text.contains("INJECTED")
    }
}
