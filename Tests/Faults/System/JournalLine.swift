import Crypto
import Glibc
import Posix

/// One line of a journal, read by its documented form alone: nothing here is code that the service uses to read it.
struct JournalLine {
    /// Why bytes are not a line of a journal.
    enum Problem: String, Error {
        case noTrailer = "no checksum at its end"
        case checksum = "its checksum is wrong"
        case form = "it is not of the form of a line"
    }

    /// Its place in the journal.
    var id: UInt64
    /// `urn:uuid:…`.
    var source: String
    /// What happened.
    var type: String
    /// The id of fal's request.
    var subject: String
    /// The SHA-256 of the data, which is the delivery's body.
    var digest: String
    /// The checksum, as the line has it.
    var checksum: String

    /// Reads a line without its line feed.
    init(_ line: UnsafeRawBufferPointer) throws(Problem) {
        let checksumHead = ",\"crc32c\":\""
        let covered = line.count - checksumHead.utf8.count - 10
        guard covered > 0, line.text(covered..<covered + checksumHead.utf8.count) == checksumHead,
            line.text(line.count - 2..<line.count) == "\"}"
        else { throw .noTrailer }
        checksum = line.text(line.count - 10..<line.count - 2)
        var computed = CRC32C()
        computed.update(UnsafeRawBufferPointer(rebasing: line[..<covered]))
        let digits = String(computed.value, radix: 16)
        guard checksum == String(repeating: "0", count: 8 - digits.utf8.count) + digits else { throw .checksum }

        // A quote inside of a value has a backslash before it, so this is found at no other place.
        let dataHead = ",\"data\":"
        guard let dataStart = line.offset(of: dataHead, before: covered) else { throw .form }
        func value(_ head: String) throws(Problem) -> String {
            guard let start = line.offset(of: head, before: dataStart).map({ $0 + head.utf8.count }),
                let end = line[start..<dataStart].firstIndex(of: UInt8(ascii: "\""))
            else { throw .form }
            return line.text(start..<end)
        }
        let idHead = "{\"specversion\":\"1.0\",\"id\":\""
        guard line.count > idHead.utf8.count, line.text(0..<idHead.utf8.count) == idHead,
            let id = UInt64(try value("\"id\":\"")), id > 0
        else { throw .form }
        self.id = id
        source = try value(",\"source\":\"")
        type = try value(",\"type\":\"")
        subject = try value(",\"subject\":\"")
        let data = Array(line[dataStart + dataHead.utf8.count..<covered])
        digest = SHA256.digest(data.span).hex
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeRawBufferPointer(rebasing: self[range]), as: UTF8.self)
    }

    /// The offset of a text that begins with a comma or a quote, of which there are few.
    fileprivate func offset(of text: String, before end: Int) -> Int? {
        guard let baseAddress, let first = text.utf8.first else { return nil }
        let wanted = Array(text.utf8)
        var position = 0
        while position + wanted.count <= end,
            let found = memchr(baseAddress + position, Int32(first), end - position - wanted.count + 1)
        {
            if memcmp(found, wanted, wanted.count) == 0 { return UnsafeRawPointer(found) - baseAddress }
            position = UnsafeRawPointer(found) - baseAddress + 1
        }
        return nil
    }
}
