import FoundationEssentials
import JSONText
package import Posix

/// One event as the journal holds it.
///
/// A view of bytes that may hold other lines too: keep what is needed of it rather than the value itself, or all of
/// them stay in memory.
package struct EventLine: Sendable {
    let storage: [UInt8]
    let start: Int
    let header: LineHeader
    private let count: Int

    /// A view of a line that was found intact; `count` includes the line feed.
    init(storage: [UInt8], start: Int, count: Int, header: LineHeader) {
        self.storage = storage
        self.start = start
        self.count = count
        self.header = header
    }

    /// Reads one line, with or without its line feed, and checks its checksum.
    ///
    /// - Throws: ``EventLineError``.
    package static func parse(_ bytes: [UInt8]) throws(EventLineError) -> EventLine {
        let length = bytes.last == UInt8(ascii: "\n") ? bytes.count - 1 : bytes.count
        let header = try unsafe bytes.span.withUnsafeBytes { (all) throws(EventLineError) -> LineHeader in
            let line = unsafe UnsafeRawBufferPointer(rebasing: all[..<length])
            guard unsafe LineHeader.isIntact(line) else { throw .damaged }
            guard let header = unsafe LineHeader(line) else { throw .malformed }
            return header
        }
        return EventLine(storage: bytes, start: 0, count: bytes.count, header: header)
    }

    /// The event's place in the journal.
    package var id: UInt64 { header.id }

    /// The line as it is on disk, with its line feed.
    package var bytes: ArraySlice<UInt8> { storage[start..<start + count] }

    /// What happened.
    package var type: EventType { EventType(interning: rawBytes(.type)) }

    /// When it was recorded; the beginning of 1970 when the line does not say it in the journal's own form.
    package var time: WallTime {
        WallTime(rfc3339: rawBytes(.time)) ?? text(.time).flatMap { WallTime(rfc3339: $0) }
            ?? WallTime(microseconds: 0)
    }

    /// The id of fal's request.
    package var subject: String? { text(.subject) }
    /// Our own id of the submission.
    package var submission: String? { text(.submission) }
    /// The fal endpoint.
    package var endpoint: String? { text(.endpoint) }
    /// From where it became known.
    package var origin: EventOrigin? { text(.origin).map(EventOrigin.init(rawValue:)) }
    /// The tag that the submitter gave.
    package var tag: String? { text(.tag) }

    /// The value of an attribute, escapes resolved; `nil` when it is left out or empty.
    package func text(_ attribute: EventAttribute) -> String? {
        let range = header.values[attribute.rawValue]
        guard !range.isEmpty else { return nil }
        let bytes = rawBytes(attribute)
        guard bytes.contains(UInt8(ascii: "\\")) else { return String(decoding: bytes, as: UTF8.self) }
        let quoted = JSONValueSlice(kind: .string, range: bytes.startIndex - 1..<bytes.endIndex + 1)
        return try? JSONText.string(quoted, in: storage.span)
    }

    /// The value of an attribute as the line holds it, between its quotes, escapes and all; empty when it is left out.
    package func rawBytes(_ attribute: EventAttribute) -> ArraySlice<UInt8> {
        let range = header.values[attribute.rawValue].range
        return storage[start + range.lowerBound..<start + range.upperBound]
    }

    /// How the line holds the data; `nil` when there is none.
    package var dataForm: EventData.Form? { header.data == nil ? nil : header.form }

    /// The data as it was delivered, byte for byte; `nil` when there is none.
    package var data: [UInt8]? {
        guard let range = header.data?.range else { return nil }
        let bytes = storage[start + range.lowerBound..<start + range.upperBound]
        switch header.form {
        case .verbatim: return Array(bytes)
        case .base64: return Data(base64Encoded: Data(bytes)).map(Array.init)
        }
    }
}

/// Why bytes are not a line of a journal.
package enum EventLineError: String, Error, Sendable {
    /// The checksum is missing or wrong.
    case damaged
    /// The checksum is right, and yet it is not an event.
    case malformed
}
