import Posix

/// The index files beside the segments.
///
/// They are never synchronized: after a power cut one is whole, or its checksum says that it is not, and then the segment
/// is read instead.
struct IndexStore: Sendable {
    let fileSystem: any FileSystem
    /// The journal's directory.
    let directory: String

    /// The index of a segment, if it is whole and true of the segment beside it; `nil` for any other reason, too.
    ///
    /// The segment is asked for its size, its first line and its last line. What stands between them was read when the
    /// index was made, and was on disk by then.
    func load(_ name: SegmentName, of segment: any File) -> (index: IndexFile, first: EventLine)? {
        do throws(SystemCallError) {
            let file = try fileSystem.open(path(name), .reading)
            var bytes: [UInt8] = []
            try file.readAll(IndexFile.headerBytes, at: 0, appendingTo: &bytes)
            // The header first: what follows may be of any size.
            guard let header = IndexFile.Header(bytes), header.segment == name.first,
                try segment.size() == header.segmentBytes, try file.size() == header.fileBytes
            else { return nil }
            try file.readAll(header.fileBytes - bytes.count, at: bytes.count, appendingTo: &bytes)
            guard let index = IndexFile(bytes),
                let first = try line(segment, index.range(ofLine: 0)),
                first.id == header.ids.lowerBound, first.checksumDigits == header.firstChecksum,
                let last = try line(segment, index.range(ofLine: header.lineCount - 1)),
                last.id == header.ids.upperBound, last.checksumDigits == header.lastChecksum
            else { return nil }
            return (index, first)
        } catch {
            return nil
        }
    }

    /// The intact line that a range of a segment is, if it is one.
    private func line(_ segment: any File, _ range: Range<Int>) throws(SystemCallError) -> EventLine? {
        guard range.count <= LineFormat.lineBytesMax else { return nil }
        var bytes: [UInt8] = []
        try segment.readAll(range.count, at: range.lowerBound, appendingTo: &bytes)
        guard bytes.count == range.count, bytes.last == UInt8(ascii: "\n") else { return nil }
        return try? EventLine.parse(bytes)
    }

    /// Puts an index in its place, at once or not at all.
    func write(_ index: IndexFile) throws(SystemCallError) {
        let name = SegmentName(first: index.header.segment)
        let temporary = path(name) + Recovery.temporarySuffix
        do throws(SystemCallError) {
            let file = try fileSystem.open(temporary, .makingIfMissing)
            try file.truncate(to: 0)
            try file.writeAll(index.bytes.span, at: 0)
            try fileSystem.rename(temporary, to: path(name))
        } catch {
            // What it took of a full disk is given back. Where that fails too, the next start removes it.
            try? fileSystem.remove(temporary)
            throw error
        }
    }

    /// Takes an index away.
    func remove(_ name: SegmentName) throws(SystemCallError) {
        try fileSystem.remove(path(name))
    }

    private func path(_ name: SegmentName) -> String {
        directory + "/" + name.indexFileName
    }
}
