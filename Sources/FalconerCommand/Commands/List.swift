import ArgumentParser
import JSONText
import Posix

/// The command `falconer list`.
struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List the submissions and where they stand, oldest first.",
        discussion: """
              falconer list --state accepted --since 2h
              falconer list --endpoint 'xai/*' --tag holiday

            Why nothing is sent at the moment, if so, stands on standard error.

            Exit codes: 0 listed, 5 no service, 64 an option is not valid.
            """
    )

    @Option(
        help:
            "Only those in this state: created, sending, waiting, uncertain, accepted, refused, succeeded, failed, cancelled or lost."
    )
    var state: String?

    @Option(
        help: ArgumentHelp(
            "Only those recorded since a time, 2026-11-22T14:00:00Z, or for so long: 90s, 30m, 2h, 3d.",
            valueName: "time"
        )
    )
    var since: String?

    @Option(help: "Only those to this endpoint; * stands for anything, 'xai/*'.")
    var endpoint: String?

    @Option(help: "Only those with this tag.")
    var tag: String?

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let since = try since.map { try Self.time($0, now: .now) }
            let connection = try ServiceConnection(path: service.path)
            let text = SubmissionText(format: output.resolvedFormat)
            var place: String? = "0"
            var trouble: String?
            while let after = place {
                var writer = JSONObjectWriter()
                writer.member("op", "list")
                writer.member("after", after)
                writer.member("state", state)
                writer.member("since", since)
                writer.member("endpoint", endpoint)
                writer.member("tag", tag)
                let page = try connection.request(writer.bytes)
                for submission in page.objects("submissions") { try text.print(submission) }
                trouble = page.string("trouble")
                place = page.string("next")
            }
            if let trouble { StandardError.writeLine("falconer: nothing is sent to fal at the moment: \(trouble)") }
        }
    }

    /// A time as the service takes it, from a time or from how long ago it is.
    static func time(_ text: String, now: WallTime) throws -> String {
        if WallTime(rfc3339: text) != nil { return text }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        // A million days is before all journals, and far from any overflow.
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), (0...1_000_000) ~= count
        else {
            throw CommandFailure(.usage, "--since: \(text) is no time; write 2026-11-22T14:00:00Z, 90s, 30m, 2h or 3d")
        }
        return WallTime(microseconds: max(0, now.microseconds - count * unit * 1_000_000)).rfc3339
    }
}
