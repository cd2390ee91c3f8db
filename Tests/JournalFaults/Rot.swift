import Journal

extension Moment {
    /// Spoils a byte or a sector of a segment, and takes note of whose.
    mutating func rot(_ random: inout SeededGenerator) {
        let segments = disk.names.keys.filter { $0.hasSuffix(".jsonl") && disk[$0]?.isEmpty == false }.sorted()
        guard let path = segments.randomElement(using: &random), let bytes = disk[path] else { return }
        let position = Int.random(in: 0..<bytes.count, using: &random)
        var range = position..<position + 1
        var new = [bytes[position] ^ UInt8(1) << UInt8.random(in: 0..<8, using: &random)]
        if random.coin() {
            let start = position / FakeContents.sectorBytes * FakeContents.sectorBytes
            range = start..<min(start + FakeContents.sectorBytes, bytes.count)
            new = [UInt8](repeating: 0, count: range.count)
        }
        // Without its line feed a line takes the next one with it, unless that begins with a sector.
        let lostFeed = bytes[range].last == UInt8(ascii: "\n") && range.upperBound % FakeContents.sectorBytes != 0
        let reach = lostFeed ? range.upperBound + 1 : range.upperBound
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? bytes.count
            if start < reach, range.lowerBound < end, let id = Self.lineID(bytes, start..<end) {
                ledger.rotten.insert(id)
            }
            start = end
        }
        disk.rot(path, range, with: new)
    }

    /// The id of the line that ends a piece: a sector that was spoiled before may stand in front of it.
    private static func lineID(_ bytes: [UInt8], _ piece: Range<Int>) -> UInt64? {
        let sectors = piece.filter { $0 > piece.lowerBound && $0 % FakeContents.sectorBytes == 0 }
        return ([piece.lowerBound] + sectors).lazy
            .compactMap { try? EventLine.parse(Array(bytes[$0..<piece.upperBound])).id }.first
    }
}
