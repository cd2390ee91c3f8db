import Posix

/// Which events may have stood in bytes that were found bad, or were put into quarantine.
package struct IDTraces: Equatable, Sendable {
    /// The most ids that are listed of either kind.
    package static let idsMax = 4_096

    /// The ids of lines that are whole: they repeated an id, or came too late.
    package private(set) var wholeIDs: [UInt64] = []
    /// The ids that can still be read in what is not whole; a bit of them may be wrong too.
    package private(set) var readableIDs: [UInt64] = []
    /// How many lines may have stood in what is not whole, at most.
    package private(set) var damagedMax: UInt64 = 0

    /// No bytes at all.
    package init() {}

    /// Looks for lines and the beginnings of lines.
    init(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            let lineFeed = unsafe bytes.offset(of: UInt8(ascii: "\n"), in: position..<bytes.count)
            let end = lineFeed.map { $0 + 1 } ?? bytes.count
            let line = unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<(lineFeed ?? end)])
            if lineFeed != nil, unsafe LineHeader.isIntact(line), let header = unsafe LineHeader(line) {
                if wholeIDs.count < Self.idsMax { wholeIDs.append(header.id) }
            } else {
                unsafe addDamaged(line)
            }
            position = end
        }
    }

    /// Adds what other bytes may have held.
    package mutating func add(_ other: IDTraces) {
        wholeIDs.append(contentsOf: other.wholeIDs.prefix(Self.idsMax - wholeIDs.count))
        readableIDs.append(contentsOf: other.readableIDs.prefix(Self.idsMax - readableIDs.count))
        damagedMax += other.damagedMax
    }

    /// Adds bytes that left no trace: as many lines as fit.
    mutating func addUnseen(_ count: Int) {
        damagedMax += UInt64((count + LineFormat.lineBytesMin - 1) / LineFormat.lineBytesMin)
    }

    private mutating func addDamaged(_ piece: UnsafeRawBufferPointer) {
        // A hole in a file reads as zeros, which no line holds.
        if unsafe piece.offset(of: 0, in: 0..<piece.count) != nil { return addUnseen(piece.count) }
        if unsafe LineHeader.id(atStartOf: piece) == nil { damagedMax += 1 }
        var position = 0
        // A line whose line feed was lost drags the next one along.
        while let brace = unsafe piece.offset(of: UInt8(ascii: "{"), in: position..<piece.count) {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: piece[brace...])
            if let id = unsafe LineHeader.id(atStartOf: rest) {
                damagedMax += 1
                if readableIDs.count < Self.idsMax { readableIDs.append(id) }
            }
            position = brace + 1
        }
    }
}
