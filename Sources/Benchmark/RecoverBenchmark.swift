import FoundationEssentials
import Glibc
import Journal
import Logging
import Posix
import SystemPackage
import TestSupport
import Threading

/// How long a journal takes to open.
package struct RecoverBenchmark: Sendable {
    /// One way to open it.
    package enum Subject: String, CaseIterable, Sendable {
        /// With indexes, as a service does.
        case indexed
        /// Without them: everything is read, on one thread, and the indexes are made.
        case rebuilt
        /// Without them, on all processors.
        case parallel
    }

    /// How many events the journal has.
    package let events: Int

    /// Measures a journal of some events.
    package init(events: Int) {
        self.events = events
    }

    /// Makes a journal in a temporary directory and opens it in each way.
    ///
    /// - Parameter progress: Told what is being done.
    /// - Returns: A measurement of each way.
    /// - Throws: ``JournalError``, or a ``JournalFailure`` where the journal could not be filled.
    package func run(_ progress: (String) -> Void) throws -> [RecoverMeasurement] {
        let directory = TemporaryDirectory()
        let path = directory.file("journal")
        progress("making a journal of \(events) events in \(path)")
        try fill(path)
        var measurements: [RecoverMeasurement] = []
        for subject in [.indexed] + Subject.allCases {
            progress("opening it: \(subject.rawValue)")
            measurements.append(try open(path, subject))
        }
        // The first opening made the index of the last segment, and files were not yet in memory.
        return Array(measurements.dropFirst())
    }

    private var logger: Logger { Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }) }

    private func open(_ path: FilePath, _ subject: Subject) throws -> RecoverMeasurement {
        let processors = ProcessInfo.processInfo.activeProcessorCount
        var options = JournalOptions(newSource: Self.source)
        options.usesIndexes = subject == .indexed
        options.recoveryThreads = subject == .rebuilt ? 0 : processors
        var replayed = 0
        let before = Self.residentBytes
        let clock = JournalClock.monotonic
        let worked = Self.processorTime
        let began = clock.now()
        let journal = try Journal.open(directory: path, options: options, clock: clock, logger: logger) { _ in
            replayed += 1
        }
        let duration = clock.now() - began
        let processorTime = Self.processorTime - worked
        let after = Self.residentBytes
        let bytes = journal.bytes
        journal.close()
        return RecoverMeasurement(
            subject: subject,
            events: replayed,
            bytes: bytes,
            duration: duration,
            processorTime: processorTime,
            residentBytes: max(0, after - before)
        )
    }

    private func fill(_ path: FilePath) throws {
        let journal = try Journal.open(directory: path, options: JournalOptions(newSource: Self.source), logger: logger)
        defer { journal.close() }
        let failure = Monitor<JournalFailure?>(nil)
        for number in 0..<events {
            // Now and then one is waited for, so that the rest has room.
            if number.isMultiple(of: 10_000) {
                _ = try journal.appendAndWait(Self.draft(number))
            } else {
                journal.append(Self.draft(number)) { outcome in
                    guard case .failed(let reason) = outcome else { return }
                    failure.withLock { $0 = reason }
                }
            }
        }
        _ = try journal.appendAndWait(Self.draft(events))
        if let reason = failure.withLock({ $0 }) { throw reason }
    }

    private static let source = "urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001"
    /// The events of one submission, about as a service writes them.
    private static let types: [EventType] = [
        .submissionCreated, .submissionSending, .submissionAccepted, .requestSucceeded,
    ]

    /// An event of about 1.1 KB.
    private static func draft(_ number: Int) -> EventDraft {
        let submission = number / types.count
        let digits = String(submission, radix: 16)
        let id = "0191d6a0-7a3b-7c00-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
        let text = String(repeating: "falcon ", count: 72)
        var draft = EventDraft(
            type: types[number % types.count],
            time: WallTime(microseconds: 1_763_821_020_000_000 + Int64(number) * 1_000),
            data: EventData(Array("{\"request_id\":\"\(id)\",\"n\":\(number),\"text\":\"\(text)\"}".utf8))
        )
        draft.subject = id
        draft.submission = id
        draft.endpoint = "xai/grok-imagine-video/text-to-video"
        draft.origin = .webhook
        draft.falUserID = "google-oauth2|000000000000000000000"
        draft.falTimestamp = "1763821020"
        draft.falSignature = String(repeating: "0123456789abcdef", count: 8)
        return draft
    }

    /// The processor time of this process.
    private static var processorTime: Duration { ProcessUsage(of: getpid())?.processorTime ?? .zero }

    /// The memory of this process now, bytes (proc(5)).
    private static var residentBytes: Int {
        let text = (try? Data(contentsOf: URL(filePath: "/proc/self/statm"))).map {
            String(decoding: $0, as: UTF8.self)
        }
        return (text?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4_096
    }
}
