import FoundationEssentials
import Glibc

/// Decides whether a journal keeps what its clients were promised.
///
/// The rules: (I1) what was acknowledged is there exactly once, with that sequence; (I2) every line has a good checksum
/// and the ids rise, by one unless something is in quarantine; (I3) what a subscriber saw is there, the same; (I4)
/// nothing is there that nobody sent; (I7) bodies are what was sent. That a start succeeds (I6), that subscribers resume
/// (I5), and that nothing is stored after a failure (I8) is for whoever holds the process.
///
/// It may be asked again as the journal grows, while nothing is being written; segments that a later one follows are
/// then not read again.
struct JournalOracle {
    /// The most violations that are told.
    static let violationsMax = 20

    private(set) var violations: [String] = []
    /// How many ids are missing between those that are there.
    private(set) var missingIDs: UInt64 = 0
    /// How many ids are there that the end of a ledger that was cut off does not name.
    private(set) var unnamed = 0

    private struct Stored {
        var id: UInt64
        var subject: String
        var digest: String
        var checksum: String
    }

    private var stored: [Stored] = []
    private var places: [String: Int] = [:]
    private var settledSegments: Set<String> = []
    private var source: String?

    /// How many events are in the journal.
    var eventCount: Int { stored.count }
    /// The id of the last event; 0 when there is none.
    var lastID: UInt64 { stored.last?.id ?? 0 }

    /// Whether a request's outcome is in the journal.
    func contains(_ subject: String) -> Bool { places[subject] != nil }

    /// Reads what has not been read yet.
    ///
    /// - Parameter journal: The directory of the segments.
    mutating func read(journal: String) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: journal)) ?? [])
            .filter { $0.hasSuffix(".jsonl") }.sorted()
        if names.isEmpty { add("there is no segment in \(journal)") }
        for name in names where !settledSegments.contains(name) {
            guard let bytes = try? Data(contentsOf: URL(filePath: "\(journal)/\(name)")) else {
                add("\(name) cannot be read")
                continue
            }
            forget(from: UInt64(name.prefix { $0 != "." }) ?? 0)
            bytes.withUnsafeBytes { readLines($0, of: name) }
        }
        settledSegments.formUnion(names.dropLast())
        let kept = (try? FileManager.default.contentsOfDirectory(atPath: "\(journal)/quarantine")) ?? []
        if missingIDs > 0, kept.isEmpty { add("I2: \(missingIDs) ids are missing, and nothing is in quarantine") }
        if let source, let identity = try? String(contentsOfFile: "\(journal)/ID", encoding: .utf8),
            identity != source + "\n"
        {
            add("I2: the events are of \(source), the journal is \(identity)")
        }
    }

    /// Compares the journal with what its clients know.
    ///
    /// - Parameters:
    ///   - ledger: What they know.
    ///   - tornLedger: How many more than the ledger says may have been sent of each family of ids; 0 for a ledger that
    ///     was not cut off.
    mutating func compare(with ledger: ClientLedger, tornLedger: Int = 0) {
        for text in ledger.contradictions { add(text) }
        for (id, sequence) in ledger.acknowledged {
            guard let place = places[id] else {
                add("I1: \(id) got a 200 as \(sequence), and is not in the journal")
                continue
            }
            if stored[place].id != sequence {
                add("I1: \(id) got a 200 as \(sequence), and is in the journal as \(stored[place].id)")
            }
        }
        for event in stored {
            if let digest = ledger.sent[event.subject] {
                if digest != event.digest { add("I7: \(event.subject) has another body than was sent") }
            } else if ledger.mayHaveBeenCutOff(event.subject, within: tornLedger) {
                unnamed += 1
            } else {
                add("I4: \(event.subject) is in the journal as \(event.id), and nobody sent it")
            }
        }
    }

    /// Compares the journal with a line that a subscriber was given.
    mutating func compare(seen line: [UInt8]) {
        let parsed = line.withUnsafeBytes { bytes in Result { () throws(JournalLine.Problem) in try JournalLine(bytes) }
        }
        switch parsed {
        case .failure(let problem): add("I3: a subscriber was given a line that is none: \(problem.rawValue)")
        case .success(let seen):
            guard let place = places[seen.subject], stored[place].id == seen.id,
                stored[place].checksum == seen.checksum
            else {
                add("I3: a subscriber saw \(seen.subject) as \(seen.id), and the journal does not have it like that")
                return
            }
        }
    }

    /// Takes note of a violation that somebody else found.
    mutating func add(_ violation: String) {
        if violations.count < Self.violationsMax { violations.append(violation) }
    }

    private mutating func readLines(_ bytes: UnsafeRawBufferPointer, of name: String) {
        var start = 0
        while start < bytes.count {
            guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start) else {
                add("I2: \(name) ends in the middle of a line, \(bytes.count - start) bytes")
                return
            }
            let end = UnsafeRawPointer(found) - base
            do throws(JournalLine.Problem) {
                take(try JournalLine(UnsafeRawBufferPointer(rebasing: bytes[start..<end])), of: name)
            } catch {
                add("I2: \(name) at \(start): \(error.rawValue)")
            }
            start = end + 1
        }
    }

    private mutating func take(_ line: JournalLine, of name: String) {
        if line.id <= lastID { add("I2: \(name): id \(line.id) after \(lastID)") }
        if line.id > lastID + 1 { missingIDs += line.id - lastID - 1 }
        if line.type != "fal.request.succeeded" { add("I4: \(line.id) is a \(line.type), which nobody caused") }
        if let source, source != line.source { add("I2: \(line.id) is of \(line.source), others of \(source)") }
        source = line.source
        if let place = places[line.subject] {
            add("I1: \(line.subject) is in the journal twice, as \(stored[place].id) and \(line.id)")
        }
        places[line.subject] = stored.count
        stored.append(Stored(id: line.id, subject: line.subject, digest: line.digest, checksum: line.checksum))
    }

    /// Forgets what a segment that is to be read again held.
    private mutating func forget(from first: UInt64) {
        while let last = stored.last, last.id >= first {
            stored.removeLast()
            places[last.subject] = nil
        }
    }
}
