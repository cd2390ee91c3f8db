import Glibc
import Posix

/// When a consumer finished its newest events: a file of a fixed number of places, in which a newer event takes an
/// older one's.
///
/// It is for people who ask how long something took. Nothing else depends on it, so it is never synchronized, and a
/// place that a power cut has cost only lacks its time.
enum AckTimes {
    /// How many events have a place.
    static let placesMax: UInt64 = 65_536
    /// The bytes of a place: the event's id and the time in microseconds, eight bytes each, little-endian.
    static let placeBytes = 16

    /// An event that was finished.
    struct Entry: Equatable, Sendable {
        let id: UInt64
        let time: WallTime
    }

    /// Puts entries in their places, the file being made when it is missing.
    ///
    /// - Throws: ``SystemCallError``.
    static func write(_ entries: [Entry], to path: String) throws(SystemCallError) {
        guard !entries.isEmpty else { return }
        let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT)
        var run: [UInt8] = []
        var begin = 0
        for entry in entries {
            let offset = offset(of: entry.id)
            // Events are mostly finished in their order, so that few writes take many.
            if offset != begin + run.count {
                try write(run, at: begin, in: file)
                run.removeAll(keepingCapacity: true)
                begin = offset
            }
            append(entry.id, to: &run)
            append(UInt64(bitPattern: entry.time.microseconds), to: &run)
        }
        try write(run, at: begin, in: file)
    }

    /// When an event was finished; nil when that is not known (any more).
    static func time(of id: UInt64, in path: String) -> WallTime? {
        var place: [UInt8] = []
        // A place that was never written reads as 0, which is no event's id.
        guard id > 0, let file = try? OwnedDescriptor.open(path, O_RDONLY),
            (try? file.read(placeBytes, at: offset(of: id), appendingTo: &place)) == placeBytes,
            integer(place[..<8]) == id
        else { return nil }
        return WallTime(microseconds: Int64(bitPattern: integer(place[8...])))
    }

    private static func offset(of id: UInt64) -> Int { Int(id % placesMax) * placeBytes }

    private static func write(
        _ run: [UInt8],
        at offset: Int,
        in file: borrowing OwnedDescriptor
    ) throws(SystemCallError) {
        var written = 0
        while written < run.count {
            written += try file.write(run.span.extracting(written...), at: offset + written)
        }
    }

    private static func append(_ integer: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: integer >> shift))
        }
    }

    private static func integer(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
