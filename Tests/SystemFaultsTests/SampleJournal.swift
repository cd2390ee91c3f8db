import Crypto
import FoundationEssentials
import Posix
import SystemPackage
import TestSupport

@testable import falconer_faults

/// A journal's directory, written line by line by the test.
struct SampleJournal {
    private let directory = TemporaryDirectory()

    var path: String { directory.path.string }

    /// The body of a request, of which two differ.
    static func body(_ subject: String) -> String { "{\"request_id\":\"\(subject)\"}" }

    static func digest(_ body: String) -> String {
        let bytes = Array(body.utf8)
        return SHA256.digest(bytes.span).hex
    }

    /// A line with a good checksum, without its line feed.
    static func line(_ id: UInt64, _ subject: String, body: String? = nil, type: String = "fal.request.succeeded")
        -> String
    {
        let covered =
            "{\"specversion\":\"1.0\",\"id\":\"\(id)\",\"source\":\"urn:uuid:s\",\"type\":\"\(type)\",\"subject\":\"\(subject)\","
            + "\"time\":\"2026-11-22T00:00:00Z\",\"data\":\(body ?? Self.body(subject))"
        var checksum = CRC32C()
        Array(covered.utf8).withUnsafeBytes { checksum.update($0) }
        let digits = String(checksum.value, radix: 16)
        return covered + ",\"crc32c\":\"" + String(repeating: "0", count: 8 - digits.count) + digits + "\"}"
    }

    /// Puts lines into a segment, replacing what it held.
    mutating func write(_ texts: [String], segment: Int = 1, end: String = "\n") throws {
        let text = texts.joined(separator: "\n") + (texts.isEmpty ? "" : end)
        let digits = String(segment)
        let name = String(repeating: "0", count: 20 - digits.count) + digits + ".jsonl"
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }

    /// Puts something into quarantine.
    func quarantine() throws {
        try FileManager.default.createDirectory(atPath: path + "/quarantine", withIntermediateDirectories: true)
        try Data("bad".utf8).write(to: URL(filePath: path + "/quarantine/1.0-3.bad"))
    }
}

extension ClientLedger {
    /// A ledger of requests that were sent with their bodies, and of which these got these ids.
    init(sent: [String], acknowledged: [String: UInt64] = [:]) {
        self.init()
        for id in sent { note(.sent(id: id, digest: SampleJournal.digest(SampleJournal.body(id)))) }
        for (id, sequence) in acknowledged {
            note(.acknowledged(id: id, sequence: sequence, digest: SampleJournal.digest(SampleJournal.body(id))))
        }
    }
}
