import ArgumentParser
import FoundationEssentials
import JSONText

/// The command `falconer doctor`.
struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check a set-up: service, disk, key, public URL, key set and clock.",
        discussion: """
            Takes the options and variables of 'falconer serve'. The key is tried without spending anything: fal is asked \
            for the status of a request that does not exist.

              falconer doctor --public-url https://hooks.example.com

            Exit codes: 0 nothing is wrong, 1 something is, 64 an option that 'falconer serve' would not take.
            """
    )

    @OptionGroup var options: ServeOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let environment = Environment(variables: ProcessInfo.processInfo.environment)
            let examination = try Examination(
                configuration: options.resolved(environment),
                client: client(Examination.clientOptions)
            )
            let findings = examination.findings()
            for finding in findings { try print(finding) }
            let failed = findings.filter { $0.verdict == .wrong }.map(\.subject)
            guard failed.isEmpty else {
                throw CommandFailure(.internalFault, "something is wrong with: \(failed.joined(separator: ", "))")
            }
        }
    }

    private func print(_ finding: Finding) throws {
        guard output.resolvedFormat == .human else { return try StandardOutput.write(finding.json) }
        let style = Style(isTerminal: StandardOutput.isTerminal)
        let mark =
            switch finding.verdict {
            case .good: style.good("ok     ")
            case .doubtful: "doubt  "
            case .wrong: style.bad("WRONG  ")
            case .skipped: style.faint("-      ")
            }
        let subject = finding.subject + String(repeating: " ", count: max(0, 12 - finding.subject.count))
        try StandardOutput.writeLine("\(mark)\(subject)\(finding.detail)")
        if let advice = finding.advice {
            try StandardOutput.writeLine(String(repeating: " ", count: 19) + advice)
        }
    }
}

/// What a check came to.
struct Finding: Equatable {
    /// How it is.
    enum Verdict: String {
        case good = "ok"
        /// It works, and may not do so for long, or not as it is meant.
        case doubtful = "doubt"
        case wrong
        /// There was nothing to check.
        case skipped
    }

    let subject: String
    let verdict: Verdict
    let detail: String
    /// What to do about it; nil when there is nothing to do.
    var advice: String?

    /// The finding as a line of JSON.
    var json: [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("check", subject)
        writer.member("verdict", verdict.rawValue)
        writer.member("detail", detail)
        writer.member("advice", advice)
        return writer.line
    }
}
