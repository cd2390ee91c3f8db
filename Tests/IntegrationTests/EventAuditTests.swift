import Testing

@testable import Benchmark

/// What a figure of 'falconer bench' rests on: the audit of what a subscriber was given.
@Suite(.blocking) struct EventAuditTests {
    private func lines(_ ids: [Int]) -> String {
        ids.map { #"{"specversion":"1.0","id":"\#($0)","source":"urn:x","data":{"id":"7"}}"# + "\n" }.joined()
    }

    private func audit(_ text: String, pieces: Int = 1_000, isWhole: Bool = true) -> EventAudit {
        var audit = EventAudit(after: 0, isWhole: isWhole)
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let piece = Array(rest.prefix(pieces))
            audit.take(piece + [0x0A, 0x0A], count: piece.count)
            rest = rest.dropFirst(pieces)
        }
        return audit
    }

    @Test(arguments: [1, 2, 3, 7, 47, 48, 49, 64, 1_000]) func piecesOfAnySizeAreReadAlike(_ pieces: Int) {
        let text =
            #"{"frame":"hello","last":"0"}"# + "\n" + lines(Array(1...120)) + #"{"frame":"caught_up","id":"120"}"#
            + "\n"
        let audit = audit(text, pieces: pieces)
        #expect(audit.last == 120 && audit.events == 120 && audit.violations == 0)
        #expect(audit.hasCaughtUp && audit.bytes == text.utf8.count)
    }

    @Test(arguments: [[1, 3], [1, 1], [2], [1, 2, 1]]) func anEventOutOfOrderIsSeen(_ ids: [Int]) {
        #expect(audit(lines(ids)).violations > 0)
    }

    @Test func aFilterMayLeaveEventsOutAndNothingElse() {
        #expect(audit(lines([3, 9]), isWhole: false).violations == 0)
        #expect(audit(lines([3, 3]), isWhole: false).violations == 1)
    }

    @Test(arguments: ["gap", "error", "bye"]) func aFrameThatMeansALossIsSeen(_ frame: String) {
        #expect(audit(lines([1]) + #"{"frame":"\#(frame)"}"# + "\n").violations == 1)
    }
}
