import ArgumentParser
import Falconer
import Journal
import Posix

/// The command `falconer journal export`.
struct ExportJournal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write events as JSON lines, the journal's own bytes, for jq and other programs.",
        discussion: """
            Only intact lines, in the order of their ids. A time is RFC 3339, or how long ago: 90m, 24h, 7d.

              falconer journal export --since 24h --type 'fal.request.*' | jq .subject

            Exit codes: 0 written, 4 no journal, 8 the files cannot be read.
            """
    )

    @OptionGroup var data: DataOptions

    @Option(help: ArgumentHelp("Only events recorded at this time or later.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only events recorded before this time.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Only this type; * stands for any text (repeatable).", valueName: "glob"))
    var type: [String] = []

    @Option(help: ArgumentHelp("Only events of this submission.", valueName: "id"))
    var submission: String?

    @Option(help: ArgumentHelp("Only this endpoint; * stands for any text.", valueName: "glob"))
    var endpoint: String?

    func run() throws {
        try reportingFailure {
            let filter = try filter(now: .now)
            let inspection = try data.inspection()
            Interrupt.exits(endsLine: false)
            _ = try reading {
                try JournalExport(inspection, filter).run { try StandardOutput.write($0) }
            }
        }
    }

    private func filter(now: WallTime) throws -> JournalExport.Filter {
        var filter = JournalExport.Filter()
        filter.since = try time("since", since, now)
        filter.until = try time("until", until, now)
        filter.submission = submission
        for pattern in type where !filter.addType(pattern) {
            throw CommandFailure(.usage, "--type is empty or too long: give a type, like fal.request.*")
        }
        if let endpoint, !filter.setEndpoint(endpoint) {
            throw CommandFailure(.usage, "--endpoint is empty or too long: give an endpoint, like xai/*")
        }
        return filter
    }

    private func time(_ name: String, _ text: String?, _ now: WallTime) throws -> WallTime? {
        guard let text else { return nil }
        if let time = WallTime(rfc3339: text) { return time }
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        // No more digits than a century has seconds, so that nothing overflows.
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count >= 0,
            count <= 3_200_000_000
        else {
            throw CommandFailure(
                .usage,
                "--\(name): \(text) is no time; write 2026-11-22T14:00:00Z, or 24h for a day ago"
            )
        }
        return WallTime(microseconds: now.microseconds - count * unit * 1_000_000)
    }
}

/// The command `falconer journal import`, which says why there is none.
struct ImportJournal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Refused: events are signed facts, and nothing is put into a journal from outside.",
        discussion: "Exit codes: 64, always."
    )

    @Argument(help: ArgumentHelp(visibility: .hidden))
    var anything: [String] = []

    func run() throws {
        try reportingFailure {
            throw CommandFailure(
                .usage,
                "nothing is imported: an event is a fact that this service saw, in the order in which it saw it",
                advice: "to move a journal, stop the service and copy the whole data folder; to read another journal, "
                    + "use --data with it"
            )
        }
    }
}
