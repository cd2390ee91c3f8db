import Posix
import SystemPackage

/// A disk that lets a journal be read and not written to, as found when it is opened.
enum Impairment {
    /// There is no room; there may be some later.
    case noRoom(SystemCallError)
    /// It is read-only, or fails; that does not change while this process runs.
    case readOnly(SystemCallError)

    /// What a failed call means; `nil` when it means something else, or more.
    ///
    /// A sync that failed leaves unknown what is on disk, but for a file system that has become read-only: that one takes
    /// nothing any more, and what is read from here on is what it has.
    init?(_ error: SystemCallError) {
        let isSync = error.call == "fsync" || error.call == "fdatasync"
        switch error.errno {
        case .readOnlyFileSystem: self = .readOnly(error)
        case .ioError where !isSync: self = .readOnly(error)
        case .noSpace where !isSync, .diskQuotaExceeded where !isSync: self = .noRoom(error)
        default: return nil
        }
    }

    /// The call that failed.
    var error: SystemCallError {
        switch self {
        case .noRoom(let error), .readOnly(let error): error
        }
    }

    /// What an event is refused with.
    var failure: JournalFailure {
        switch self {
        case .noRoom: .full
        case .readOnly: .readOnly
        }
    }
}

extension Recovery.Finding {
    /// Why not all could be read, if so: then nothing may be repaired either.
    var unreadable: SystemCallError? {
        scans.lazy.compactMap(\.failure).first
    }

    /// Whether every repair is a cut: then all that can be read stands where it will stand.
    var needsCutsOnly: Bool {
        scans.allSatisfy { $0.bad.isEmpty || $0.isTornTailOnly }
    }

    /// What can be read as things stand, without any repair.
    ///
    /// The last segment is the one that a repair will make; its file need not be there.
    var catalog: Catalog {
        var catalog = Catalog(segments: scans.map(\.readable).filter { $0.bytes > 0 }, last: last)
        catalog.append(SegmentName(first: last + 1))
        return catalog
    }
}

extension SegmentScan {
    /// The segment as it stands, its offsets those of the file.
    var readable: Segment {
        guard !bad.isEmpty, !isTornTailOnly, let first = segment.ids?.lowerBound else { return segment }
        let found = bad.reduce(segment.bytes) { $0 + $1.range.count }
        let end = bad.last.map { $0.range.upperBound == found ? $0.range.lowerBound : found } ?? found
        let latest = segment.index.blocks.map(\.latest).max() ?? WallTime(microseconds: 0)
        var readable = Segment(name: segment.name)
        readable.bytes = end
        readable.ids = segment.ids
        // Between bad ranges an offset of the scan is not one of the file, so everything is looked for from the start.
        readable.index.add(id: first, offset: 0, time: latest)
        return readable
    }
}
