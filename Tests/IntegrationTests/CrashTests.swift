import FoundationEssentials
import Glibc
import LoadGenerator
import TestSupport
import Testing

/// The first promise, tested by killing the process: what got a 200 is in the journal, once.
///
/// Says nothing about power cuts: what a killed process has written stays in the page cache.
@Suite(.blocking) struct CrashTests {
    /// Rounds of kill and restart; `FALCONER_CRASH_ROUNDS` makes it more.
    static let rounds = ProcessInfo.processInfo.environment["FALCONER_CRASH_ROUNDS"].flatMap { Int($0) } ?? 3

    @Test func everyDeliveryThatGotA200IsInTheJournalOnceAfterKill() async throws {
        let directory = TemporaryDirectory()
        var acknowledged: [String] = []
        var randomness = SystemRandomNumberGenerator()
        for round in 0..<Self.rounds {
            let deliveries = try SignedDelivery.many(2_500, prefix: "round-\(round)", key: Service.key)
            let service = try Service(in: directory)
            let subscriber = try Subscriber(service.socket, "{\"op\":\"subscribe\",\"from\":\"new\"}")
            let killAfter = Int.random(in: 200..<2_000, using: &randomness)
            var answered = 0
            let result = Load(port: service.port, connections: 32, limit: .seconds(60)).run(deliveries) { _, _ in
                answered += 1
                if answered == killAfter { service.process.signal(SIGKILL) }
            }
            #expect(service.process.waitForExit() == .signal(SIGKILL))
            #expect(result.stored.count >= killAfter)
            acknowledged += result.stored.map { deliveries[$0].requestID }
            let lastSeen = subscriber.eventsUntilClosed().last?.id ?? 0

            let restarted = try Service(in: directory)
            let subjects = try restarted.journalLines.compactMap { try object($0)["subject"]?.string }
            let counts = Dictionary(subjects.map { ($0, 1) }, uniquingKeysWith: +)
            let lost = acknowledged.filter { counts[$0] == nil }
            let twice = counts.filter { $0.value > 1 }
            #expect(lost.isEmpty, "round \(round): lost after a 200: \(lost.prefix(5))")
            #expect(twice.isEmpty, "round \(round): in the journal twice: \(twice.keys.prefix(5))")

            // A subscriber that resumes behind its last event sees each later one once, in order.
            let resumed = try Subscriber(
                restarted.socket,
                "{\"op\":\"subscribe\",\"after\":\"\(lastSeen)\",\"until\":\"now\"}"
            )
            let later = resumed.eventsUntilClosed().map(\.id)
            let expected = try restarted.journalLines.compactMap { try object($0)["id"]?.string.flatMap { UInt64($0) } }
                .filter { $0 > lastSeen }
            #expect(later == expected)
            print("round \(round): \(result.stored.count) answered 200, lost \(lost.count), twice \(twice.count)")
            #expect(restarted.stop() == .code(0))
        }
    }

    @Test func aRepeatedDeliveryIsAnsweredFromTheJournalAfterARestart() async throws {
        let directory = TemporaryDirectory()
        let deliveries = try SignedDelivery.many(50, prefix: "again", key: Service.key)
        let first = try Service(in: directory)
        #expect(Load(port: first.port, connections: 4, limit: .seconds(60)).run(deliveries).stored.count == 50)
        first.process.signal(SIGKILL)
        _ = first.process.waitForExit()

        let second = try Service(in: directory)
        let result = Load(port: second.port, connections: 4, limit: .seconds(60)).run(deliveries + deliveries)
        #expect(result.answers == [200: 100])
        #expect(try second.journalLines.count == 50)
        #expect(second.stop() == .code(0))
    }
}
