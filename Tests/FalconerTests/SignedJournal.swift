import Crypto
import FoundationEssentials
import Journal
import LoadGenerator
import Logging
import Posix
import SystemPackage
import TestSupport
import Testing
import Webhook

@testable import Falconer

/// A journal on disk, of deliveries that a key of the test's signed, to spoil and to verify.
struct SignedJournal {
    static let source = "urn:uuid:0191d6a0-7a3b-7c00-8000-000000000001"
    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    let directory = TemporaryDirectory()
    let key: Ed25519PrivateKey
    let folder: FilePath

    /// Stores so many deliveries.
    ///
    /// - Parameters:
    ///   - events: How many, the first being event 1.
    ///   - segmentBytesMax: After how many bytes a segment ends.
    ///   - source: The journal's name.
    ///   - spoil: Changes an event before it is stored.
    /// - Throws: What the journal or the key throws.
    init(
        events: Int,
        segmentBytesMax: Int = 64 << 20,
        source: String = SignedJournal.source,
        _ spoil: (Int, inout EventDraft) -> Void = { _, _ in }
    ) throws {
        key = try Self.key(7)
        folder = directory.file("journal")
        var options = JournalOptions(newSource: source)
        options.segmentBytesMax = segmentBytesMax
        let journal = try Journal.open(directory: folder, options: options, logger: Self.quiet)
        defer { journal.close() }
        for number in 1...events {
            var draft = try Self.draft(number, key)
            spoil(number, &draft)
            _ = try journal.appendAndWait(draft)
        }
    }

    static func key(_ seed: UInt8) throws -> Ed25519PrivateKey {
        let bytes = [UInt8](repeating: seed, count: Ed25519PrivateKey.seedByteCount)
        return try Ed25519PrivateKey(seed: bytes.span)
    }

    /// The event of a delivery, a minute after the one before.
    static func draft(_ number: Int, _ key: Ed25519PrivateKey) throws -> EventDraft {
        let time = WallTime(microseconds: 1_763_821_020_000_000 + Int64(number) * 60_000_000)
        let delivery = try SignedDelivery(requestID: "request-\(number)", key: key, time: time)
        var draft = EventDraft(
            type: number.isMultiple(of: 3) ? .requestFailed : .requestSucceeded,
            time: time,
            data: EventData(Array(delivery.body))
        )
        draft.subject = delivery.requestID
        draft.endpoint = number.isMultiple(of: 2) ? "xai/video" : "fal-ai/flux"
        draft.submission = "submission-\(number)"
        draft.origin = .webhook
        draft.falUserID = delivery.account
        draft.falTimestamp = delivery.timestamp
        draft.falSignature = delivery.signature
        return draft
    }

    /// The key set of a key.
    static func keySet(_ key: Ed25519PrivateKey) throws -> KeySet {
        let raw = key.publicKey.rawBytes
        let text = "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"\(Base64.encodeURL(raw.span))\"}]}"
        let bytes = Array(text.utf8)
        return try KeySet(parsing: bytes.span)
    }

    /// The segments that hold something, in order.
    var segments: [FilePath] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.string).filter { $0.hasSuffix(".jsonl") }
                .sorted().map { folder.appending($0) }
                .filter { try !Data(contentsOf: URL(filePath: $0.string)).isEmpty }
        }
    }

    /// Changes a segment's lines, each with its line feed.
    func change(segment: Int = 0, _ body: (inout [[UInt8]]) -> Void) throws {
        let path = try segments[segment].string
        let bytes = Array(try Data(contentsOf: URL(filePath: path)))
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) + [0x0A] }
        lines.removeLast()
        body(&lines)
        try Data(lines.flatMap { $0 }).write(to: URL(filePath: path))
    }

    /// The journal as it is now.
    func inspection() throws -> JournalInspection {
        guard let found = try JournalInspection.open(directory: folder) else { throw Errno.noSuchFileOrDirectory }
        return found
    }

    /// Verifies it.
    func verify(
        keys: [Ed25519PrivateKey]? = nil,
        signatures: Bool = true,
        failuresMax: Int = 100,
        isBeingWritten: Bool = false,
        partBytes: Int = 1_500
    ) throws -> Verification {
        let sets = try (keys ?? [key]).map { try Self.keySet($0) }
        return try JournalVerification(
            try inspection(),
            keySets: signatures ? sets : nil,
            failuresMax: failuresMax,
            isBeingWritten: isBeingWritten,
            partBytes: partBytes
        ).run(workers: 3)
    }

    /// Repairs it as a start does.
    func repair() throws {
        let left = try JournalRepair.run(folder, logger: Self.quiet)
        #expect(left == [])
    }
}

extension [UInt8] {
    /// Flips a bit of the first byte of a text in it, so many bytes behind its beginning.
    mutating func flip(_ text: String, _ offset: Int = 0) {
        guard let start = firstRange(of: Array(text.utf8))?.lowerBound else { return }
        self[start + offset] ^= 1
    }

    /// The line with other bytes for a text, and a checksum that fits.
    func resealed(_ text: String, _ other: String) -> [UInt8] {
        var line = self
        guard let range = line.firstRange(of: Array(text.utf8)) else { return line }
        line.replaceSubrange(range, with: Array(other.utf8))
        let covered = line.dropLast(",\"crc32c\":\"01234567\"}\n".utf8.count)
        var checksum = CRC32C()
        Array(covered).withUnsafeBytes { checksum.update($0) }
        let hex = String(checksum.value, radix: 16)
        let digits = String(repeating: "0", count: 8 - hex.utf8.count) + hex
        return Array(covered) + Array(",\"crc32c\":\"\(digits)\"}\n".utf8)
    }
}
