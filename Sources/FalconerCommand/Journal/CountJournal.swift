import ArgumentParser
import Falconer
import JSONText
import Journal
import Posix

/// The command `falconer journal stats`.
struct CountJournal: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Count what the journal holds: events by type, bytes, rates, and when they came.",
        discussion: "Exit codes: 0 counted, 4 no journal, 8 the files cannot be read."
    )

    /// How many bars the histogram has at most.
    private static let barsMax = 60

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let inspection = try data.inspection()
            var progress = ProgressLine()
            let census = try reading {
                try JournalCensus.take(inspection, now: .now, workers: workerCount) { progress.show($0, of: $1) }
            }
            progress.end()
            try output.resolvedFormat == .json ? writeJSON(census) : writeText(census)
        }
    }

    private func writeText(_ census: JournalCensus) throws {
        var rows: [(String, String)] = [
            ("events", "\(census.events)" + (census.ids.map { ", ids \($0.lowerBound) to \($0.upperBound)" } ?? "")),
            ("bytes", "\(byteText(census.bytes)) in \(census.segments) segments"),
            ("oldest", census.times?.lowerBound.rfc3339 ?? "-"), ("newest", census.times?.upperBound.rfc3339 ?? "-"),
            ("last hour", "\(census.lastHour) events, \(Self.rate(census.lastHour, 3_600))/s"),
            ("last day", "\(census.lastDay) events, \(Self.rate(census.lastDay, 86_400))/s"),
            ("quarantine", "\(byteText(census.quarantinedBytes)) in \(census.quarantinedFiles) files"),
        ]
        if census.bytesDamaged > 0 {
            rows.append(("damaged", "\(census.bytesDamaged) bytes are no event: see 'falconer journal verify'"))
        }
        for (type, count) in sorted(census) { rows.append((type, "\(count)")) }
        let width = rows.map(\.0.utf8.count).max() ?? 0
        for (name, value) in rows {
            try StandardOutput.writeLine(name + String(repeating: " ", count: width - name.utf8.count + 2) + value)
        }
        if let chart = Self.chart(census.histogram(Self.barsMax)) { try StandardOutput.writeLine(chart) }
    }

    private func writeJSON(_ census: JournalCensus) throws {
        var types = JSONObjectWriter()
        for (type, count) in sorted(census) { types.member(type, count) }
        var writer = JSONObjectWriter()
        writer.member("events", census.events)
        writer.member("bytes", census.bytes)
        writer.member("segments", census.segments)
        writer.member("first_id", census.ids.map { "\($0.lowerBound)" })
        writer.member("last_id", census.ids.map { "\($0.upperBound)" })
        writer.member("oldest", census.times?.lowerBound.rfc3339)
        writer.member("newest", census.times?.upperBound.rfc3339)
        writer.member("last_hour", census.lastHour)
        writer.member("last_day", census.lastDay)
        writer.member("quarantine_files", census.quarantinedFiles)
        writer.member("quarantine_bytes", census.quarantinedBytes)
        writer.member("damaged_bytes", census.bytesDamaged)
        writer.member("types", json: types.bytes)
        writer.member(
            "histogram",
            array: census.histogram(Self.barsMax).map { bar in
                var writer = JSONObjectWriter()
                writer.member("from", bar.start.rfc3339)
                writer.member("events", bar.events)
                return writer.bytes
            }
        )
        try StandardOutput.write(writer.line)
    }

    private func sorted(_ census: JournalCensus) -> [(String, Int)] {
        census.types.map { ($0.key.rawValue, $0.value) }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    }

    private static func rate(_ count: Int, _ seconds: Int) -> String {
        let hundredths = count * 100 / seconds
        return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
    }

    private static func chart(_ bars: [(start: WallTime, events: Int)]) -> String? {
        guard let most = bars.map(\.events).max(), most > 0, let first = bars.first, let last = bars.last else {
            return nil
        }
        let levels = Array("▁▂▃▄▅▆▇█")
        let line = bars.map { bar in
            bar.events == 0 ? " " : String(levels[(bar.events * levels.count - 1) / most])
        }.joined()
        let width = bars.count > 1 ? (bars[1].start.microseconds - first.start.microseconds) / 60_000_000 : 1
        return "\n\(line)\n\(first.start.rfc3339.prefix(16))Z to \(last.start.rfc3339.prefix(16))Z, "
            + "\(width) min a bar, at most \(most) events"
    }
}
