import FoundationEssentials
import JSONText
import Posix

/// An event as a line holds it, but for its id and checksum, which only the journal thread knows.
///
/// Made on the thread that appends, so that the journal thread copies bytes and nothing else.
package struct EncodedEvent: Sendable {
    /// From the quote behind the id to the end of the data.
    let bytes: [UInt8]

    /// Encodes a draft for the journal named `source`, which needs no escaping.
    package init(_ draft: EventDraft, source: String) {
        var bytes: [UInt8] = []
        let dataCount = draft.data?.bytes.count ?? 0
        bytes.reserveCapacity(640 + (draft.data?.form == .verbatim ? dataCount : dataCount * 4 / 3))
        bytes.append(LineFormat.sourceHead)
        bytes.append(contentsOf: source.utf8)
        bytes.append(UInt8(ascii: "\""))
        for attribute in EventAttribute.allCases {
            guard let value = draft[attribute] else { continue }
            bytes.append(",\"")
            bytes.append(attribute.name)
            bytes.append("\":")
            JSONText.appendString(value, to: &bytes)
        }
        switch draft.data {
        case .some(let data) where data.form == .verbatim:
            bytes.append(",\"data\":")
            bytes.append(contentsOf: data.bytes)
        case .some(let data):
            bytes.append(",\"data_base64\":\"")
            bytes.append(contentsOf: Data(data.bytes).base64EncodedData())
            bytes.append(UInt8(ascii: "\""))
        case nil: break
        }
        self.bytes = bytes
    }

    /// The most bytes its line can have, line feed included.
    var lineBytesMax: Int {
        LineFormat.head.utf8CodeUnitCount + 16 + bytes.count + LineFormat.trailerBytes
    }

    /// Appends the finished line, with its line feed.
    package func appendLine(id: UInt64, to output: inout [UInt8]) {
        let start = output.count
        output.append(LineFormat.head)
        output.append(contentsOf: String(id).utf8)
        output.append(contentsOf: bytes)
        var checksum = CRC32C()
        unsafe output.withUnsafeBytes { all in
            unsafe checksum.update(UnsafeRawBufferPointer(rebasing: all[start...]))
        }
        output.append(LineFormat.checksumHead)
        for shift in stride(from: 28, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: checksum.value >> UInt32(shift)) & 0xF
            output.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        output.append(LineFormat.checksumTail)
    }
}
