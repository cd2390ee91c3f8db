import Glibc
import LoadGenerator
import TestSupport
import Testing

@Suite(.blocking) struct DrainTests {
    @Test func sigtermUnderLoadAnswersEveryRequestAndLosesNoneThatGotA200() async throws {
        let directory = TemporaryDirectory()
        let service = try Service(in: directory)
        let deliveries = try SignedDelivery.many(20_000, prefix: "drain", key: Service.key)
        var answered = 0
        var stopAsked = ContinuousClock.now
        let result = Load(port: service.port, connections: 32, limit: .seconds(60)).run(deliveries) { _, _ in
            answered += 1
            if answered == 1_000 {
                stopAsked = .now
                service.process.signal(SIGTERM)
            }
        }
        #expect(service.process.waitForExit() == .code(0), "\(service.process.text(.standardError))")
        let stopTook = stopAsked.duration(to: .now)
        #expect(stopTook < .seconds(5))
        #expect(result.unanswered == 0, "requests without an answer: \(result.unanswered)")
        #expect(Set(result.answers.keys).isSubset(of: [200, 503]))
        #expect(access(service.socket, F_OK) == -1, "the socket file is still there")
        let subjects = Set(try service.journalLines.compactMap { try object($0)["subject"]?.string })
        let lost = result.stored.map { deliveries[$0].requestID }.filter { !subjects.contains($0) }
        #expect(lost.isEmpty)
        print("drain: \(result.answers) in \(stopTook), lost \(lost.count), unanswered \(result.unanswered)")
    }

    @Test func sigtermAtRestEndsAtOnceWithCode0() throws {
        let service = try Service(in: TemporaryDirectory())
        #expect(service.stop(within: .seconds(5)) == .code(0))
    }
}
