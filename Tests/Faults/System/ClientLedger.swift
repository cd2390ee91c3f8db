/// What clients know: what they sent, and what they were told is stored.
///
/// A value without I/O. Its lines are `SENT id sha256` and `ACK id sequence sha256`, the SHA-256 being the body's.
struct ClientLedger: Sendable {
    /// One thing that a client wrote down.
    enum Entry: Equatable {
        case sent(id: String, digest: String)
        case acknowledged(id: String, sequence: UInt64, digest: String)

        /// Its line, without the line feed.
        var line: String {
            switch self {
            case .sent(let id, let digest): "SENT \(id) \(digest)"
            case .acknowledged(let id, let sequence, let digest): "ACK \(id) \(sequence) \(digest)"
            }
        }

        /// Reads a line; `nil` when it is something else, as the last line of a console that was cut off may be.
        init?(line: some StringProtocol) {
            let words = line.split(separator: " ", omittingEmptySubsequences: false)
            guard let digest = words.last, digest.utf8.count == 64, digest.utf8.allSatisfy(Self.isHexDigit) else {
                return nil
            }
            switch (words.first, words.count) {
            case ("SENT", 3): self = .sent(id: String(words[1]), digest: String(digest))
            case ("ACK", 4):
                guard let sequence = UInt64(words[2]) else { return nil }
                self = .acknowledged(id: String(words[1]), sequence: sequence, digest: String(digest))
            default: return nil
            }
        }

        private static func isHexDigit(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
        }
    }

    /// The body's SHA-256 of each id that was sent.
    private(set) var sent: [String: String] = [:]
    /// The sequence that each id was acknowledged with, from a 200 that was read to its end.
    private(set) var acknowledged: [String: UInt64] = [:]
    /// Where one 200 said something else than another.
    private(set) var contradictions: [String] = []
    /// The highest number of each family of ids, those of the form `family-number`.
    private(set) var lastNumbers: [String: Int] = [:]

    /// Takes in an entry.
    mutating func note(_ entry: Entry) {
        switch entry {
        case .sent(let id, let digest):
            if let (family, number) = Self.parts(of: id) {
                lastNumbers[family] = max(lastNumbers[family] ?? 0, number)
            }
            if let earlier = sent.updateValue(digest, forKey: id), earlier != digest {
                contradictions.append("the ledger has \(id) with two bodies")
            }
        case .acknowledged(let id, let sequence, let digest):
            if let earlier = acknowledged.updateValue(sequence, forKey: id), earlier != sequence {
                contradictions.append("I1: \(id) was acknowledged as \(earlier), and then as \(sequence)")
            }
            if sent[id] != digest {
                contradictions.append("the ledger acknowledges \(id), which it does not say it sent like that")
            }
        }
    }

    /// Whether an id follows the last ones of its family so closely that the line about it may have been cut off.
    func mayHaveBeenCutOff(_ id: String, within limit: Int) -> Bool {
        guard let (family, number) = Self.parts(of: id), let last = lastNumbers[family] else { return false }
        return number > last && number <= last + limit
    }

    private static func parts(of id: String) -> (family: String, number: Int)? {
        guard let dash = id.lastIndex(of: "-"), let number = Int(id[id.index(after: dash)...]) else { return nil }
        return (String(id[..<dash]), number)
    }
}
