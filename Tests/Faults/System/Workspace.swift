import FoundationEssentials
import Glibc
import Synchronization

/// A directory of one journal, with everything that a service and its clients need; removed when the value goes, unless
/// something in it has to be looked into.
final class Workspace: Sendable {
    /// Where it is.
    let path: String
    /// What signs the deliveries.
    let key: SigningKey
    private let isKept = Atomic(false)

    /// Makes one under `/tmp`; the path is short because a Unix socket's may have no more than 107 bytes.
    init() throws {
        var template = Array("/tmp/falconer-faults-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw HarnessFailure("no directory could be made under /tmp") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        key = try SigningKey()
        try Data(key.keySet.utf8).write(to: URL(filePath: keySet))
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    }

    deinit {
        if !isKept.load(ordering: .relaxed) { try? FileManager.default.removeItem(atPath: path) }
    }

    /// The key set's file.
    var keySet: String { path + "/jwks.json" }
    /// The service's data directory.
    var data: String { path + "/data" }
    /// The journal.
    var journal: String { data + "/journal" }
    /// The service's socket.
    var socket: String { path + "/socket" }

    /// Leaves the directory in place, with what the clients know and what was found wrong.
    func keep(_ ledger: ClientLedger, violations: [String]) {
        isKept.store(true, ordering: .relaxed)
        try? key.write(to: path + "/key")
        let sent = ledger.sent.map { ClientLedger.Entry.sent(id: $0, digest: $1).line }
        let acknowledged = ledger.acknowledged.map { id, sequence in
            ClientLedger.Entry.acknowledged(id: id, sequence: sequence, digest: ledger.sent[id] ?? "").line
        }
        let text = (sent + acknowledged).joined(separator: "\n") + "\n"
        try? Data(text.utf8).write(to: URL(filePath: path + "/ledger"))
        try? Data((violations.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path + "/violations"))
    }

    /// Copies the data directory as it is now, so that it can be looked into before the next start repairs it.
    func keepCopy(named name: String) {
        try? FileManager.default.copyItem(atPath: data, toPath: "\(path)/\(name)")
    }
}

/// What kept a harness from doing its work; not a violation.
struct HarnessFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
