import Posix
import SystemPackage

/// Where bytes go that were taken out of a segment: nothing is thrown away that somebody may want to look at.
struct Quarantine {
    let fileSystem: any FileSystem
    let directory: String

    /// Copies a range of a segment into a file of its own, named by segment and offsets, and puts it on disk.
    ///
    /// A copy that is there already stays as it is: the same range may go bad twice.
    func keep(_ range: Range<Int>, of file: any File, segment: SegmentName) throws(SystemCallError) {
        let (copy, path) = try makeFile("\(segment.first).\(range.lowerBound)-\(range.upperBound)")
        do throws(SystemCallError) {
            try file.copy(range, to: copy, at: 0)
        } catch {
            // Half a copy takes room that may be what is wanting, once for each attempt.
            try? fileSystem.remove(path)
            throw error
        }
        try copy.synchronize()
        try fileSystem.synchronizeDirectory(directory)
    }

    private func makeFile(_ name: String) throws(SystemCallError) -> (any File, String) {
        var path = directory + "/" + name + ".bad"
        var number = 1
        while true {
            do throws(SystemCallError) {
                return (try fileSystem.open(path, .makingNew), path)
            } catch {
                guard error.errno == .fileExists else { throw error }
            }
            number += 1
            path = directory + "/" + name + ".\(number).bad"
        }
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
