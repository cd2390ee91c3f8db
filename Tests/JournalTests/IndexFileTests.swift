import JournalFaults
import Posix
import Testing

@testable import Journal

@Suite struct IndexFileTests {
    /// Summaries of every shape that an event can have, with ids that leave some out.
    private static func summaries(_ count: Int, seed: UInt64 = 1) -> [EventSummary] {
        var random = SeededGenerator(seed: seed)
        var id: UInt64 = 6
        func key(_ random: inout SeededGenerator) -> EventKey? {
            random.coin() ? EventKey(high: random.next(), low: random.next()) : nil
        }
        return (0..<count).map { _ in
            id += UInt64.random(in: 1...3, using: &random)
            let unknown = EventType(rawValue: "fal.later.\(Int.random(in: 0...3, using: &random)) \u{1F985}")
            return EventSummary(
                id: id,
                type: random.coin() ? unknown : EventType.known.randomElement(using: &random) ?? unknown,
                time: WallTime(microseconds: Int64.random(in: .min ... .max, using: &random)),
                request: key(&random),
                submission: key(&random),
                fingerprint: random.next()
            )
        }
    }

    private static func index(of summaries: [EventSummary], count: Int = 200) -> IndexFile? {
        var builder = IndexFileBuilder(SegmentName(first: 7))
        for (number, summary) in summaries.enumerated() {
            builder.add(summary, count: count + number % 50, checksum: UInt64(number + 1))
        }
        return builder.finish()
    }

    /// The file with its checksum made right again, as only a bug of ours could write it.
    private static func resealed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes.removeLast(IndexFile.checksumBytes)
        bytes.append(number: IndexFile.checksum(of: bytes, upTo: bytes.count))
        return bytes
    }

    @Test(arguments: [1, 2, 1_000])
    func whatGoesInComesOut(count: Int) throws {
        let summaries = Self.summaries(count)
        let made = try #require(Self.index(of: summaries))
        let index = try #require(IndexFile(made.bytes))
        #expect(index == made)
        var found: [EventSummary] = []
        index.forEach { found.append($0) }
        #expect(found == summaries)
        #expect(index.header.lineCount == count)
        #expect(index.header.ids.lowerBound == summaries.first?.id && index.header.ids.upperBound == summaries.last?.id)
        #expect((index.header.firstChecksum, index.header.lastChecksum) == (1, UInt64(count)))
        var offset = 0
        for line in 0..<count {
            #expect(index.range(ofLine: line) == offset..<offset + 200 + line % 50)
            offset += 200 + line % 50
        }
        #expect(index.header.segmentBytes == offset)
    }

    @Test func theSegmentItStandsForIsTheOneThatWasWritten() throws {
        let summaries = Self.summaries(2_000)
        let index = try #require(Self.index(of: summaries, count: 1_000))
        var written = Segment(name: SegmentName(first: 7))
        for (number, summary) in summaries.enumerated() {
            written.add(id: summary.id, count: 1_000 + number % 50, time: summary.time)
        }
        #expect(index.segment == written)
        #expect(written.index.blocks.count > 10)
    }

    @Test func noLinesMakeNoIndex() {
        #expect(Self.index(of: []) == nil)
    }

    @Test func aByteChangedAnywhereIsNoticed() throws {
        let bytes = try #require(Self.index(of: Self.summaries(8))).bytes
        for position in bytes.indices {
            var changed = bytes
            changed[position] ^= 0x10
            #expect(IndexFile(changed) == nil, "byte \(position)")
        }
    }

    @Test func aFileCutAtAnyByteOrExtendedIsNoticed() throws {
        let bytes = try #require(Self.index(of: Self.summaries(8))).bytes
        for count in 0..<bytes.count { #expect(IndexFile(Array(bytes[..<count])) == nil, "cut at \(count)") }
        #expect(IndexFile(bytes + [0]) == nil)
    }

    @Test func anotherVersionIsNotRead() throws {
        var bytes = try #require(Self.index(of: Self.summaries(8))).bytes
        bytes[8] += 1
        #expect(IndexFile(Self.resealed(bytes)) == nil)
    }

    @Test func wrongNumbersUnderARightChecksumStopNobody() throws {
        let bytes = try #require(Self.index(of: Self.summaries(8))).bytes
        #expect(IndexFile(Self.resealed(bytes)) != nil)
        var random = SeededGenerator(seed: 5)
        for position in bytes.indices.dropLast(IndexFile.checksumBytes) {
            for value in [UInt8(0), 0x7F, 0xFF, UInt8.random(in: 0...255, using: &random)] {
                var changed = bytes
                changed[position] = value
                guard let index = IndexFile(Self.resealed(changed)) else { continue }
                // Whatever was taken can be read to the end, within the segment and in order.
                var last: UInt64 = 0
                index.forEach { summary in
                    if summary.id <= last { Issue.record("ids fall behind byte \(position)") }
                    last = summary.id
                }
                #expect(index.segment.bytes == index.header.segmentBytes)
            }
        }
    }
}
