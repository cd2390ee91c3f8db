import Posix
package import SystemPackage

/// A journal's files, read as they are: nothing is written and no lock is taken, so a service may go on beside it.
package struct JournalInspection: Sendable {
    /// The files' folder.
    package let directory: String

    let fileSystem: any FileSystem

    /// Looks for a journal; it need not hold an event yet.
    ///
    /// - Parameters:
    ///   - directory: The folder with the segments.
    ///   - fileSystem: The disk.
    /// - Returns: `nil` when there is no such folder.
    /// - Throws: ``JournalError``.
    package static func open(
        directory: FilePath,
        fileSystem: any FileSystem = PosixFileSystem()
    ) throws(JournalError) -> JournalInspection? {
        guard let path = String(validating: directory) else {
            throw JournalError(
                .notText,
                "the path of the journal, \(directory), is not UTF-8; choose another directory"
            )
        }
        let inspection = JournalInspection(directory: path, fileSystem: fileSystem)
        do throws(SystemCallError) {
            _ = try fileSystem.names(in: path)
            return inspection
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw JournalError(error) }
            return nil
        }
    }

    private init(directory: String, fileSystem: any FileSystem) {
        self.directory = directory
        self.fileSystem = fileSystem
    }

    /// The journal's name, `urn:uuid:…`; `nil` when the file that holds it is missing.
    ///
    /// - Throws: ``JournalError``, `malformedIdentity` when the file holds something else.
    package func source() throws(JournalError) -> String? {
        try JournalDirectory(fileSystem: fileSystem, path: directory).identity()
    }

    /// The process that has the journal open; `nil` when none has, 0 when its number cannot be told.
    package func holder() -> Int32? {
        let lock = directory + "/" + "LOCK"
        var bytes: [UInt8] = []
        try? fileSystem.open(lock, .reading).readAll(20, at: 0, appendingTo: &bytes)
        let named = Int32(String(decoding: bytes.prefix { (0x30...0x39).contains($0) }, as: UTF8.self))
        return FileLocks.holder(of: lock, named: named)
    }

    /// The segments in order, with their sizes at this moment.
    ///
    /// - Throws: ``JournalError``.
    package func segments() throws(JournalError) -> [SegmentFile] {
        do throws(SystemCallError) {
            var files: [SegmentFile] = []
            for name in try fileSystem.names(in: directory).compactMap({ SegmentName(fileName: $0) }).sorted() {
                guard let file = try existing(name.fileName) else { continue }
                files.append(SegmentFile(name: name, bytes: try file.size()))
            }
            return files
        } catch {
            throw JournalError(error)
        }
    }

    /// Puts on disk what a segment holds at this moment, whoever wrote it (fdatasync(2) asks for no right to write).
    ///
    /// - Returns: False when the segment is gone.
    /// - Throws: ``JournalError``.
    package func synchronize(_ segment: SegmentFile) throws(JournalError) -> Bool {
        do throws(SystemCallError) {
            guard let file = try existing(segment.fileName) else { return false }
            try file.synchronizeData()
            return true
        } catch {
            throw JournalError(error)
        }
    }

    /// Tells apart what stands in a part of a segment: valid lines, and bytes that are none.
    ///
    /// A line belongs to the part that its first byte stands in, so that parts put together give the whole, each line
    /// once.
    ///
    /// - Parameters:
    ///   - segment: The segment; only the bytes it had when it was listed are looked at.
    ///   - part: Offsets in it.
    ///   - visit: Called with every piece, in order.
    /// - Returns: False when the segment is gone: retention took it, or a start that found it empty.
    /// - Throws: ``JournalError``.
    package func inspect(
        _ segment: SegmentFile,
        _ part: Range<Int>,
        _ visit: (InspectedPiece) -> Void
    ) throws(JournalError) -> Bool {
        do throws(SystemCallError) {
            guard let file = try existing(segment.fileName) else { return false }
            var inspector = PieceInspector(file: file, part: part, end: segment.bytes)
            try inspector.run(visit)
            return true
        } catch {
            throw JournalError(error)
        }
    }

    /// Opens a file to read; `nil` when it is not there any more.
    func existing(_ name: String) throws(SystemCallError) -> (any File)? {
        do throws(SystemCallError) {
            return try fileSystem.open(directory + "/" + name, .reading)
        } catch {
            guard error.errno == .noSuchFileOrDirectory else { throw error }
            return nil
        }
    }
}

/// A segment as it was found.
package struct SegmentFile: Hashable, Sendable {
    let name: SegmentName
    /// Its size when it was listed.
    package let bytes: Int

    init(name: SegmentName, bytes: Int) {
        self.name = name
        self.bytes = bytes
    }

    /// The first id it may hold.
    package var firstID: UInt64 { name.first }

    /// The name of its file.
    package var fileName: String { name.fileName }
}

/// A piece of a segment.
package enum InspectedPiece: Sendable {
    /// A line whose checksum is right and that is an event, at its offset.
    case line(EventLine, at: Int)
    /// Bytes that are no valid line.
    case damaged(DamagedPiece)
}

/// Bytes in a segment that are no valid line.
package struct DamagedPiece: Equatable, Sendable {
    /// What can be said of them.
    package enum Kind: String, CaseIterable, Sendable {
        /// It looks like a line, and its checksum is not that of its bytes.
        case checksum
        /// The checksum is right, and yet it is not an event.
        case notAnEvent = "not_an_event"
        /// It does not look like a line.
        case notALine = "not_a_line"
        /// The file ends before the line does.
        case unfinished
    }

    /// Where they stand in the segment.
    package let range: Range<Int>
    /// What they are.
    package let kind: Kind
    /// The ids that may have stood there.
    package let traces: IDTraces
}
