import FoundationEssentials
import Logging
import Posix
import SystemPackage
import TestSupport
import Testing

@testable import Falconer

@Suite struct RejectionLogTests {
    private func rejection(_ number: Int) -> Rejection {
        Rejection(
            time: WallTime(microseconds: Int64(number)),
            reason: number % 2 == 0 ? "signature_invalid" : "header_missing",
            status: 401,
            address: "127.0.0.1",
            requestID: String(repeating: "x", count: Rejection.textBytesMax),
            detail: String(repeating: "y", count: Rejection.textBytesMax)
        )
    }

    @Test func everyRefusalIsCountedByItsReason() {
        let log = RejectionLog(path: TemporaryDirectory().file("none/rejections.jsonl"), logger: Logger(label: "test"))
        for number in 0..<10 { log.note(rejection(number), isWritten: false) }
        #expect(log.summary.counts == ["signature_invalid": 5, "header_missing": 5])
        #expect(log.summary.unwritten == 10)
        log.close()
    }

    @Test func theFilesNeverGrowBeyondTheirLimit() throws {
        let directory = TemporaryDirectory()
        let path = directory.file("rejections.jsonl")
        let log = RejectionLog(path: path, logger: Logger(label: "test"))
        // Enough for three files; what the queue has no room for is dropped and counted.
        let count = 3 * RejectionLog.fileBytesMax / rejection(0).line.count
        for number in 0..<count { log.note(rejection(number), isWritten: true) }
        log.close()
        let sizes = ["", ".1"].compactMap { suffix in
            try? FileManager.default.attributesOfItem(atPath: path.string + suffix)[.size] as? Int
        }
        #expect(!sizes.isEmpty)
        #expect(sizes.allSatisfy { $0 <= RejectionLog.fileBytesMax })
        #expect(log.summary.counts.values.reduce(0, +) == UInt64(count))
        #expect(log.summary.recent.count <= RejectionLog.recentMax)
    }

    @Test func aFolderThatIsGoneCostsLinesAndNothingElse() {
        let log = RejectionLog(path: "/nonexistent/rejections.jsonl", logger: Logger(label: "test"))
        log.note(rejection(1), isWritten: true)
        log.close()
        #expect(log.summary.counts == ["header_missing": 1])
    }
}
