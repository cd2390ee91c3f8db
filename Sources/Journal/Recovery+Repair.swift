import Logging
import Posix

extension Recovery {
    /// Moves what is bad into quarantine and leaves every valid line.
    ///
    /// - Returns: The segment as it is now.
    func repair(_ scan: SegmentScan) throws(SystemCallError) -> Segment {
        let name = scan.segment.name
        let file = try fileSystem.open(path(name), .writing)
        let quarantine = Quarantine(fileSystem: fileSystem, directory: directory + "/" + "quarantine")
        for bad in scan.bad {
            logger.warning(
                "bytes that are no event were moved from the journal into quarantine",
                metadata: [
                    "segment": "\(name.fileName)", "offset": "\(bad.range.lowerBound)", "bytes": "\(bad.range.count)",
                ]
            )
            try quarantine.keep(bad.range, of: file, segment: name)
        }
        if scan.isTornTailOnly {
            try file.truncate(to: scan.bad[0].range.lowerBound)
            try file.synchronizeData()
            return scan.segment
        }
        try rewrite(name, from: file, without: scan.bad, size: scan.size)
        return scan.segment
    }

    /// Writes the segment anew without some ranges and puts it in the old one's place, at once or not at all.
    private func rewrite(
        _ name: SegmentName,
        from file: any File,
        without bad: [BadRange],
        size: Int
    ) throws(SystemCallError) {
        let temporary = directory + "/" + name.fileName + Self.temporarySuffix
        let copy = try fileSystem.open(temporary, .makingNew)
        var position = 0
        var written = 0
        for cut in bad.map(\.range) + [size..<size] {
            try file.copy(position..<cut.lowerBound, to: copy, at: written)
            written += cut.lowerBound - position
            position = cut.upperBound
        }
        try copy.synchronize()
        try fileSystem.rename(temporary, to: path(name))
        try fileSystem.synchronizeDirectory(directory)
    }
}
