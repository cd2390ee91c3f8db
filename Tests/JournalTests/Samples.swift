import Glibc
import Journal
import JournalFaults
import Logging
import Posix
import SystemPackage

let sampleSource = "urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001"
let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

func sampleOptions() -> JournalOptions {
    JournalOptions(newSource: sampleSource)
}

/// A small event whose data says which one it is.
func sampleDraft(_ number: Int, padding: Int = 0) -> EventDraft {
    var draft = EventDraft(
        type: .requestSucceeded,
        time: WallTime(microseconds: 1_763_821_020_000_000 + Int64(number)),
        data: EventData(Array("{\"n\":\(number),\"pad\":\"\(String(repeating: "x", count: padding))\"}".utf8))
    )
    draft.subject = "request-\(number)"
    draft.origin = .webhook
    return draft
}

/// A journal on a fake disk in `/data/journal`.
func openFake(
    _ fileSystem: FakeFileSystem,
    options: JournalOptions = sampleOptions(),
    replay: (EventSummary) -> Void = { _ in }
) throws(JournalError) -> Journal {
    try Journal.open(
        directory: "/data/journal",
        options: options,
        fileSystem: fileSystem,
        logger: quiet,
        replay: replay
    )
}

/// All lines there are behind an id, and the gaps.
func readAll(_ journal: Journal, after id: UInt64 = 0, limit: Int = 64 << 10) throws -> (
    lines: [EventLine], gaps: [ClosedRange<UInt64>]
) {
    let reader = try journal.reader(after: id)
    var bytes: [UInt8] = []
    var gaps: [ClosedRange<UInt64>] = []
    reading: while true {
        switch try reader.read(into: &bytes, limit: limit) {
        case .lines: continue
        case .caughtUp: break reading
        case .gap(let gap): gaps.append(gap)
        }
    }
    return (try splitLines(bytes).map { try EventLine.parse($0) }, gaps)
}

/// The lines in some bytes, each with its line feed; in a debug build many times faster than `split`.
func splitLines(_ bytes: [UInt8]) -> [[UInt8]] {
    var lines: [[UInt8]] = []
    bytes.withUnsafeBytes { all in
        var start = 0
        while start < all.count, let begin = all.baseAddress.map({ $0 + start }),
            let found = memchr(begin, 0x0A, all.count - start)
        {
            let count = UnsafeRawPointer(found) - begin + 1
            lines.append(Array(all[start..<start + count]))
            start += count
        }
    }
    return lines
}
