import EventStream
import FalQueue
import JSONText
import Journal
import Posix

extension Commands {
    /// The most records one `list` gives; the newest of them.
    static let listMax = 1_000
    /// The records that are taken from the book at once, so that nobody waits for it.
    static let pageMax = 256

    func status(_ line: [UInt8], _ reply: CommandReply) {
        guard let wanted = Self.string("submission", line) else {
            reply.fail(code: "bad_request", message: "\"submission\" is missing; give a submission id or a request id")
            return
        }
        guard let entry = entry(wanted, reply) else { return }
        reply.finish(ledger.record(entry).json)
    }

    func list(_ line: [UInt8], _ reply: CommandReply) {
        let wanted = Self.string("state", line)
        guard wanted.map({ SubmissionState(rawValue: $0) != nil }) ?? true else {
            let known = SubmissionState.allCases.map(\.rawValue).joined(separator: ", ")
            reply.fail(code: "bad_request", message: "\"state\" must be one of \(known)")
            return
        }
        let state = wanted.flatMap { SubmissionState(rawValue: $0) }
        var records: [[UInt8]] = []
        var place: Int?
        repeat {
            let limit = min(Self.pageMax, Self.listMax - records.count)
            let page = ledger.withBook { [place] in $0.page(before: place, in: state, limit: limit) }
            records += page.entries.map { ledger.record($0).json }
            place = page.next
        } while place != nil && records.count < Self.listMax
        var writer = JSONObjectWriter()
        writer.member("submissions", array: records.reversed())
        reply.finish(writer.bytes)
    }

    /// Gives the event that a submission ended with.
    func result(_ line: [UInt8], _ reply: CommandReply) {
        guard let wanted = Self.string("submission", line) else {
            reply.fail(code: "bad_request", message: "\"submission\" is missing; give a submission id or a request id")
            return
        }
        guard let entry = entry(wanted, reply) else { return }
        guard !entry.state.isOpen else {
            reply.fail(code: "not_ended", message: "\(entry.id) is still \(entry.state); subscribe to hear its end")
            return
        }
        guard let event = ledger.line(entry.endSequence) else {
            reply.fail(code: "not_found", message: "the journal does not keep the end of \(entry.id) any more")
            return
        }
        var writer = JSONObjectWriter()
        writer.member("submission", entry.id.text)
        writer.member("state", entry.state.rawValue)
        writer.member("event", json: event.bytes.dropLast())
        reply.finish(writer.bytes)
    }

    /// The submission that an id of ours or of fal's means; when there is none, the client is told so.
    func entry(_ wanted: String, _ reply: CommandReply) -> SubmissionEntry? {
        let request = EventKey(hashing: wanted)
        let entry = ledger.withBook { book in
            if let id = SubmissionID(wanted), let entry = book.entry(id) { return Optional(entry) }
            return book.entry(request: request)
        }
        if entry == nil {
            reply.fail(
                code: "not_found",
                message: "there is no submission or request \(wanted); 'falconer list' shows all"
            )
        }
        return entry
    }

    /// A member of a command that is a string; nil when it is missing or something else.
    static func string(_ name: String, _ line: [UInt8]) -> String? {
        guard let members = try? JSONText.members(of: line.span), let slice = members.value(of: name) else {
            return nil
        }
        return try? JSONText.string(slice, in: line.span)
    }
}

extension SubmissionEntry {
    /// The sequence of the event that it ended with.
    var endSequence: UInt64 {
        // An outcome that came after it had ended otherwise is not its end.
        (state == .succeeded || state == .failed) && outcomeSequence > 0 ? outcomeSequence : lastSequence
    }
}
