import JournalFaults
import Posix
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Threading

@testable import Journal

@Suite struct CommitTests {
    @Test func everyCompletionComesAfterASyncThatCoversIt() throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem)
        let segment = "/data/journal/00000000000000000001.jsonl"
        // With each answer: how many bytes of the segment are on disk at that moment.
        let answers = Monitor<[(id: UInt64, subject: String, durable: Int)]>([])
        let threads = (0..<8).map { thread in
            WorkerThread(name: "appender") {
                for number in 0..<100 {
                    let subject = "request-\(thread * 1000 + number)"
                    journal.append(sampleDraft(thread * 1000 + number)) { outcome in
                        guard case .durable(let id) = outcome else { return }
                        let durable = fileSystem.disk.withLock { $0.files[$0.names[segment] ?? -1]?.durable.count ?? 0 }
                        answers.withLock { $0.append((id, subject, durable)) }
                    }
                }
            }
        }
        threads.forEach { $0.join() }
        journal.close()
        var end = 0
        let lines = try #require(fileSystem.image[segment]).split(separator: 0x0A)
        try #require(lines.count == 800)
        for (line, answer) in zip(lines, answers.withLock { $0 }) {
            end += line.count + 1
            let event = try EventLine.parse(Array(line))
            #expect((event.id, event.subject) == (answer.id, answer.subject))
            #expect(answer.durable >= end, "\(event.id) was answered before it was on disk")
        }
        let statistics = journal.statistics
        #expect(statistics.events == 800)
        #expect(statistics.batches < 800)
        #expect(statistics.syncs.count == statistics.batches)
        #expect(statistics.queuedEvents == 0)
    }

    @Test func observersComeAfterTheCompletionsOfTheirBatch() throws {
        let journal = try openFake(FakeFileSystem())
        let trace = Monitor<[String]>([])
        journal.onDurable { last in trace.withLock { $0.append("observed \(last)") } }
        for number in 1...2 {
            journal.append(sampleDraft(number)) { outcome in trace.withLock { $0.append("\(outcome)") } }
            _ = try journal.appendAndWait(sampleDraft(10 + number))
        }
        journal.close()
        let lines = trace.withLock { $0 }
        #expect(lines.last == "observed 4")
        let first = try #require(lines.firstIndex(of: "durable(1)"))
        let observed = try #require(lines.firstIndex { $0.hasPrefix("observed") })
        #expect(first < observed)
    }

    @Test func theQueueTakesItsLimitAndNotOneMore() throws {
        var options = sampleOptions()
        options.queueEventsMax = 3
        var queue = AppendQueue(options: options)
        let event = EncodedEvent(sampleDraft(1), source: sampleSource)
        func admit(_ queue: inout AppendQueue) -> JournalFailure? {
            queue.admit(PendingAppend(event: event, time: .init(microseconds: 0), arrival: .zero, completion: { _ in }))
                .refusal
        }
        #expect((0..<3).map { _ in admit(&queue) } == [nil, nil, nil])
        #expect(admit(&queue) == .queueFull)
        options.queueEventsMax = 100
        options.queueBytesMax = event.lineBytesMax * 2
        queue = AppendQueue(options: options)
        #expect((0..<2).map { _ in admit(&queue) } == [nil, nil])
        #expect(admit(&queue) == .queueFull)
        let (batch, _) = queue.takeBatch(now: .zero)
        #expect(batch.count == 2)
        #expect(admit(&queue) == nil)
    }

    @Test func aLineOfTheLimitIsTakenAndOneByteMoreIsNot() throws {
        let overhead = EncodedEvent(
            EventDraft(
                type: .mediaSaved,
                time: .init(microseconds: 0),
                data: EventData(validated: [], isSingleLine: true)
            ),
            source: sampleSource
        ).lineBytesMax
        func draft(_ count: Int) -> EventDraft {
            let body = [UInt8(ascii: "\"")] + [UInt8](repeating: 0x61, count: count - 2) + [UInt8(ascii: "\"")]
            return EventDraft(
                type: .mediaSaved,
                time: .init(microseconds: 0),
                data: EventData(validated: body, isSingleLine: true)
            )
        }
        let journal = try openFake(FakeFileSystem())
        defer { journal.close() }
        #expect(try journal.appendAndWait(draft(LineFormat.lineBytesMax - overhead)) == 1)
        #expect(throws: JournalFailure.tooLarge) {
            try journal.appendAndWait(draft(LineFormat.lineBytesMax - overhead + 1))
        }
        #expect(try journal.appendAndWait(sampleDraft(1)) == 2)
        // A body of 8 MiB of any bytes has room.
        let any = EventDraft(
            type: .mediaSaved,
            time: .init(microseconds: 0),
            data: EventData([UInt8](repeating: 0xFF, count: 8 << 20))
        )
        #expect(try journal.appendAndWait(any) == 3)
        let reader = try journal.reader(after: 0)
        var bytes: [UInt8] = []
        for id in 1...3 {
            bytes.removeAll()
            #expect(try reader.read(into: &bytes, limit: 4_096) == .lines)
            #expect(try EventLine.parse(bytes).id == UInt64(id))
        }
        #expect(try reader.read(into: &bytes, limit: 4_096) == .caughtUp)
    }

    @Test func batchesStayWithinTheirLimits() {
        var options = sampleOptions()
        options.batchEventsMax = 4
        var queue = AppendQueue(options: options)
        let small = EncodedEvent(sampleDraft(1), source: sampleSource)
        let large = EncodedEvent(sampleDraft(1, padding: 2 << 20), source: sampleSource)
        for event in [small, small, small, small, small, large, small, large] {
            _ = queue.admit(
                PendingAppend(event: event, time: .init(microseconds: 0), arrival: .zero, completion: { _ in })
            )
        }
        #expect((0..<5).map { _ in queue.takeBatch(now: .zero).batch.count } == [4, 1, 1, 1, 1])
    }

    @Test func whatWaitedTooLongIsNotWrittenAndTheRestIs() {
        var options = sampleOptions()
        options.queueAgeMax = .seconds(5)
        var queue = AppendQueue(options: options)
        let event = EncodedEvent(sampleDraft(1), source: sampleSource)
        for arrival in [0, 1, 2] {
            _ = queue.admit(
                PendingAppend(
                    event: event,
                    time: .init(microseconds: 0),
                    arrival: .seconds(arrival),
                    completion: { _ in }
                )
            )
        }
        let (batch, expired) = queue.takeBatch(now: .milliseconds(6_001))
        #expect(expired.map(\.arrival) == [.seconds(0), .seconds(1)])
        #expect(batch.map(\.arrival) == [.seconds(2)])
    }

    @Test func aSlowDiskFailsThoseWhoWaitedTooLong() throws {
        let now = Monitor(Duration.zero)
        let reached = Monitor(false)
        let proceeds = Monitor(false)
        let fileSystem = FakeFileSystem { call in
            guard case .synchronizeData(let path) = call, path.hasSuffix(".jsonl") else { return .none }
            reached.withLock { $0 = true }
            reached.notifyAll()
            proceeds.wait(until: { $0 }, { _ in })
            return .none
        }
        let journal = try Journal.open(
            directory: "/data/journal",
            options: sampleOptions(),
            fileSystem: fileSystem,
            clock: JournalClock { now.withLock { $0 } },
            logger: quiet
        )
        let outcomes = Monitor<[AppendOutcome]>([])
        journal.append(sampleDraft(1)) { outcome in outcomes.withLock { $0.append(outcome) } }
        reached.wait(until: { $0 }, { _ in })
        journal.append(sampleDraft(2)) { outcome in outcomes.withLock { $0.append(outcome) } }
        now.withLock { $0 = .seconds(10) }
        journal.append(sampleDraft(3)) { outcome in outcomes.withLock { $0.append(outcome) } }
        proceeds.withLock { $0 = true }
        proceeds.notifyAll()
        journal.close()
        #expect(outcomes.withLock { $0 } == [.durable(1), .failed(.tooOld), .durable(2)])
    }

    @Test func closingWritesWhatWaitsAndRefusesWhatComes() throws {
        let fileSystem = FakeFileSystem()
        let journal = try openFake(fileSystem)
        let outcomes = Monitor<[AppendOutcome]>([])
        for number in 1...500 {
            journal.append(sampleDraft(number)) { outcome in outcomes.withLock { $0.append(outcome) } }
        }
        journal.close()
        journal.close()
        #expect(outcomes.withLock { $0 } == (1...500).map { .durable($0) })
        #expect(throws: JournalFailure.closed) { try journal.appendAndWait(sampleDraft(501)) }
        #expect(throws: Never.self) { try openFake(fileSystem).close() }
    }

    @Test(
        arguments: [
            // A lone sender pays nothing.
            (1, 1, false, nil, 0, .write),
            // Somebody is at work.
            (2, 1, false, nil, 0, .waitWhileBusy(.microseconds(1_000))),
            (9, 20, false, 3, 400, .waitWhileBusy(.microseconds(600))),
            // Nobody is, and somebody is missing.
            (9, 8, true, nil, 0, .pause(.microseconds(50))), (9, 8, true, 2, 980, .pause(.microseconds(20))),
            (9, 8, true, 0, 50, .write),
            // Everybody is back.
            (9, 9, true, nil, 0, .write), (9, 20, true, 3, 50, .write),
            // It was long enough.
            (9, 1, false, 3, 1_000, .write), (9, 1, true, 3, 1_000, .write),
            // After a large batch that is later.
            (16, 20, false, 3, 1_000, .write), (17, 20, false, 3, 1_000, .waitWhileBusy(.microseconds(1_000))),
            (17, 20, true, 3, 2_000, .write),
        ] as [(Int, Int, Bool, Int?, Int, GatherPolicy.Decision)]
    )
    func gatheringIsForCompanyThatIsOnItsWay(
        last: Int,
        waiting: Int,
        areIdle: Bool,
        arrivals: Int?,
        waited: Int,
        decision: GatherPolicy.Decision
    ) {
        let made = GatherPolicy().decide(
            lastBatchCount: last,
            waiting: waiting,
            areIdle: areIdle,
            arrivals: arrivals,
            waited: .microseconds(waited)
        )
        #expect(made == decision)
    }
}
