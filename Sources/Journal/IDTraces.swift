import Posix

/// Which ids may have stood in bytes that are no valid lines.
package struct IDTraces: Equatable, Sendable {
    /// The most ids that are listed; what is beyond counts as unnamed.
    package static let idsMax = 4_096

    /// The ids that can still be read, in the order of the bytes.
    package private(set) var ids: [UInt64] = []
    /// How many lines may have stood there besides, at most.
    package private(set) var unnamed: UInt64 = 0

    /// How many lines may have stood there, at most.
    package var linesMax: UInt64 { UInt64(ids.count) + unnamed }

    /// No bytes at all.
    package init() {}

    /// Looks for the beginnings of lines.
    init(_ bytes: UnsafeRawBufferPointer) {
        var position = 0
        while position < bytes.count {
            let end =
                unsafe bytes.offset(of: UInt8(ascii: "\n"), in: position..<bytes.count).map { $0 + 1 } ?? bytes.count
            unsafe addPiece(UnsafeRawBufferPointer(rebasing: bytes[position..<end]))
            position = end
        }
    }

    /// Adds what other bytes may have held.
    package mutating func add(_ other: IDTraces) {
        for id in other.ids { add(id) }
        unnamed += other.unnamed
    }

    /// Adds bytes that were not looked at: as many lines as fit.
    mutating func addUnseen(_ count: Int) {
        unnamed += UInt64((count + LineFormat.lineBytesMin - 1) / LineFormat.lineBytesMin)
    }

    private mutating func add(_ id: UInt64) {
        if ids.count < Self.idsMax { ids.append(id) } else { unnamed += 1 }
    }

    private mutating func addPiece(_ piece: UnsafeRawBufferPointer) {
        // A hole in a file reads as zeros, which no line holds; what stood in it left no trace.
        if unsafe piece.offset(of: 0, in: 0..<piece.count) != nil { return addUnseen(piece.count) }
        let startsWithID = unsafe LineHeader.id(atStartOf: piece) != nil
        if !startsWithID { unnamed += 1 }
        var position = 0
        // A line whose line feed was lost drags the next one along.
        while let brace = unsafe piece.offset(of: UInt8(ascii: "{"), in: position..<piece.count) {
            let rest = unsafe UnsafeRawBufferPointer(rebasing: piece[brace...])
            if let id = unsafe LineHeader.id(atStartOf: rest) { add(id) }
            position = brace + 1
        }
    }
}
