import Posix

/// Where bytes go that were taken out of a segment: nothing is thrown away that somebody may want to look at.
struct Quarantine {
    let fileSystem: any FileSystem
    let directory: String

    /// Copies a range of a segment into a file of its own, named by segment and offsets, and puts it on disk.
    ///
    /// A copy that an interrupted recovery left behind is written again.
    func keep(_ range: Range<Int>, of file: any File, segment: SegmentName) throws(SystemCallError) {
        let name = "\(segment.first).\(range.lowerBound)-\(range.upperBound).bad"
        let copy = try fileSystem.open(directory + "/" + name, .makingIfMissing)
        try copy.truncate(to: 0)
        try file.copy(range, to: copy, at: 0)
        try copy.synchronize()
        try fileSystem.synchronizeDirectory(directory)
    }
}

extension File {
    /// Copies a range to another file, a piece at a time.
    func copy(_ range: Range<Int>, to other: any File, at offset: Int) throws(SystemCallError) {
        var buffer: [UInt8] = []
        var position = range.lowerBound
        while position < range.upperBound {
            buffer.removeAll(keepingCapacity: true)
            let came = try read(
                min(SegmentScanner.chunkBytes, range.upperBound - position),
                at: position,
                appendingTo: &buffer
            )
            if came == 0 { break }
            try other.writeAll(buffer.span, at: offset + position - range.lowerBound)
            position += came
        }
    }
}
