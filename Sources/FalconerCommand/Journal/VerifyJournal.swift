import ArgumentParser
import Falconer
import JSONText
import Journal
import SystemPackage
import Webhook

/// The command `falconer journal verify`.
struct VerifyJournal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Check every line: checksum, id, envelope, and each delivery's signature again.",
        discussion: """
            The signatures are verified from the stored bytes alone, against fal's key set; by default the one the \
            service keeps in its data folder. A key set says nothing about keys that fal has withdrawn: give the older \
            sets too, --keys is repeatable.

            What a running service is still writing is no failure, and neither are ids whose bytes an earlier start \
            put into quarantine after a crash: those are listed as gaps.

            Exit codes: 0 all is well, 4 no journal, 7 something is wrong, 8 the files cannot be read, 64 no key set.
            """
    )

    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("fal's key set, a file or a URL (repeatable).", valueName: "file-or-url"))
    var keys: [String] = []

    @Flag(help: "Leave the signatures alone; everything else is checked.")
    var noSignatures = false

    @Option(help: "How many failures to show; all are counted.")
    var show = JournalVerification.failuresMaxDefault

    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard keys.isEmpty || !noSignatures else {
            throw ValidationError("--keys and --no-signatures exclude each other")
        }
        guard (0...1_000_000).contains(show) else { throw ValidationError("--show: 0 to 1000000") }
    }

    func run() throws {
        try reportingFailure {
            let inspection = try data.inspection()
            var progress = ProgressLine()
            let keySets = noSignatures ? nil : try keySets()
            let result = try reading {
                let verification = try JournalVerification(inspection, keySets: keySets, failuresMax: show)
                let all = verification.bytes
                return try verification.run(workers: workerCount) { progress.show($0, of: all) }
            }
            progress.end()
            let text = VerificationText(result: result, elapsed: progress.elapsed, hasSignatures: !noSignatures)
            do {
                try output.resolvedFormat == .json ? text.writeJSON() : text.writeText()
            } catch is OutputClosed {
                // Who has read enough has still to learn from the exit code how it went.
            }
            guard result.failureCount == 0 else {
                let count = result.failureCount == 1 ? "1 failure" : "\(result.failureCount) failures"
                throw CommandFailure(.verificationFailed, "\(count) in the journal in \(data.path)")
            }
        }
    }

    private func keySets() throws -> [KeySet] {
        let sources = keys.isEmpty ? [.file(data.path.appending("keys.json"))] : keys.map { KeySource($0) }
        return try sources.map { source in
            do throws(VerificationKeys.Failure) {
                return try VerificationKeys.read(source)
            } catch {
                let isOwn = keys.isEmpty && error.isMissing
                throw CommandFailure(
                    .usage,
                    isOwn ? "the service keeps no key set in \(data.path)" : "--keys: \(error)",
                    advice:
                        "give the key set with --keys FILE or --keys \(KeySource.fal.name), or leave the signatures "
                        + "alone with --no-signatures"
                )
            }
        }
    }
}

/// What a verification came to, for people and for programs.
private struct VerificationText {
    let result: Verification
    let elapsed: Duration
    let hasSignatures: Bool

    func writeText() throws {
        let style = Style(isTerminal: StandardOutput.isTerminal)
        for failure in result.failures {
            let ids = failure.ids.map { " id \(Self.text($0))" } ?? ""
            try StandardOutput.writeLine(
                "\(failure.segment) at \(failure.offset)\(ids): \(style.bad(failure.kind.rawValue)): \(failure.detail); "
                    + failure.advice
            )
        }
        let hidden = result.failureCount - result.failures.count
        if hidden > 0 { try StandardOutput.writeLine("… and \(hidden) more; --show \(result.failureCount) shows all") }
        for gap in result.quarantinedGaps {
            try StandardOutput.writeLine(
                "gap \(Self.text(gap.ids)): put into quarantine by an earlier start (\(gap.files.joined(separator: ", ")))"
            )
        }
        if result.bytesBeingWritten > 0 {
            try StandardOutput.writeLine("\(result.bytesBeingWritten) bytes at the end are still being written")
        }
        if result.segmentsGone > 0 {
            try StandardOutput.writeLine("\(result.segmentsGone) segments were deleted meanwhile, by retention")
        }
        let signatures = hasSignatures ? "\(result.signatures) signatures" : "signatures not verified"
        try StandardOutput.writeLine(
            "\(result.events) events\(result.ids.map { " (\(Self.text($0)))" } ?? ""), \(byteText(result.bytes)) in "
                + "\(result.segments) segments, \(signatures): \(verdict(style)) "
                + style.faint("(\(Self.seconds(elapsed)) s, \(perSecond(result.events, elapsed)) events/s, ")
                + style.faint("\(byteText(perSecond(result.bytes, elapsed)))/s)")
        )
    }

    private func verdict(_ style: Style) -> String {
        guard result.failureCount > 0 else { return style.good("all is well") }
        let counts = result.counts.sorted { $0.key.rawValue < $1.key.rawValue }
        return style.bad(counts.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", "))
    }

    func writeJSON() throws {
        for failure in result.failures {
            var writer = JSONObjectWriter()
            writer.member("failure", failure.kind.rawValue)
            writer.member("segment", failure.segment)
            writer.member("offset", failure.offset)
            writer.member("first_id", failure.ids.map { "\($0.lowerBound)" })
            writer.member("last_id", failure.ids.map { "\($0.upperBound)" })
            writer.member("detail", failure.detail)
            writer.member("advice", failure.advice)
            try StandardOutput.write(writer.line)
        }
        for gap in result.quarantinedGaps {
            var writer = JSONObjectWriter()
            writer.member("gap", "quarantined")
            writer.member("first_id", "\(gap.ids.lowerBound)")
            writer.member("last_id", "\(gap.ids.upperBound)")
            writer.member("files", array: gap.files.map(jsonString))
            try StandardOutput.write(writer.line)
        }
        try StandardOutput.write(summary())
    }

    private func summary() -> [UInt8] {
        var counts = JSONObjectWriter()
        for (kind, count) in result.counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            counts.member(kind.rawValue, count)
        }
        var writer = JSONObjectWriter()
        writer.member("ok", result.failureCount == 0)
        writer.member("events", result.events)
        writer.member("bytes", result.bytes)
        writer.member("segments", result.segments)
        writer.member("segments_deleted_meanwhile", result.segmentsGone)
        writer.member("signatures", hasSignatures ? result.signatures : nil)
        writer.member("first_id", result.ids.map { "\($0.lowerBound)" })
        writer.member("last_id", result.ids.map { "\($0.upperBound)" })
        writer.member("failures", json: counts.bytes)
        writer.member("bytes_being_written", result.bytesBeingWritten)
        writer.member("milliseconds", wholeMilliseconds(elapsed))
        writer.member("events_per_second", perSecond(result.events, elapsed))
        writer.member("bytes_per_second", perSecond(result.bytes, elapsed))
        return writer.line
    }

    private static func text(_ ids: ClosedRange<UInt64>) -> String {
        ids.count == 1 ? "\(ids.lowerBound)" : "\(ids.lowerBound)–\(ids.upperBound)"
    }

    private static func seconds(_ duration: Duration) -> String {
        let tenths = wholeMilliseconds(duration) / 100
        return "\(tenths / 10).\(tenths % 10)"
    }
}
