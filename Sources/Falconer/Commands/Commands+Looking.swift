import EventStream
import FalQueue
import JSONText
import Journal
import Posix

extension Commands {
    /// The most submissions that a beginning of an id is said to stand for.
    static let matchesMax = 20

    /// Says where a submission stands.
    func status(_ line: [UInt8], _ reply: CommandReply) {
        withEntry(line, reply) { [self] entry in
            var writer = ledger.record(entry).members
            writer.member("trouble", trouble(of: entry.state))
            if let progress = reconciler?.progress(of: entry.id) {
                var polling = JSONObjectWriter()
                polling.member("asked", progress.asked)
                polling.member("next_seconds", progress.nextSeconds)
                writer.member("polling", json: polling.bytes)
            }
            reply.finish(writer.bytes)
        }
    }

    /// Says how much fal is asked.
    func reportPolling(_ reply: CommandReply) {
        guard let reconciler, reconciler.isPolling else {
            reply.finish(Array(#"{"polling":null}"#.utf8))
            return
        }
        var writer = JSONObjectWriter()
        writer.member("polling", json: reconciler.polling.json)
        reply.finish(writer.bytes)
    }

    /// What is in the way of a submission in that state at the moment.
    private func trouble(of state: SubmissionState) -> String? {
        switch state {
        case .created, .sending, .waiting: outbox?.trouble ?? reconciler?.trouble
        case .uncertain, .accepted: reconciler?.trouble
        case .refused, .succeeded, .failed, .cancelled, .lost: nil
        }
    }

    /// Gives the event that a submission ended with.
    func result(_ line: [UInt8], _ reply: CommandReply) {
        withEntry(line, reply) { [self] entry in
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
    }

    /// Finds the submission that a command means, by an id of ours or of fal's or the beginning of one.
    ///
    /// What `body` is not called for, the client is told. It may be called on another thread: the beginning of fal's id of
    /// a submission that has ended stands only in the journal, and that is searched.
    func withEntry(_ line: [UInt8], _ reply: CommandReply, _ body: @escaping @Sendable (SubmissionEntry) -> Void) {
        guard let wanted = Self.string("submission", line), !wanted.isEmpty else {
            reply.fail(code: "bad_request", message: "\"submission\" is missing; give a submission id or a request id")
            return
        }
        let request = EventKey(hashing: wanted)
        let exact = ledger.withBook { book in
            if let id = SubmissionID(wanted), let entry = book.entry(id) { return Optional(entry) }
            return book.entry(request: request)
        }
        if let exact { return body(exact) }
        guard wanted.utf8.count >= SubmissionIDPrefix.charactersMin else { return refuseUnknown(wanted, reply) }
        searching.perform { [self] in
            let ids = idsBeginning(with: wanted)
            let entries = ids.compactMap { id in ledger.withBook { $0.entry(id) } }
            switch entries.count {
            case 0: refuseUnknown(wanted, reply)
            case 1: body(entries[0])
            default: refuseAmbiguous(wanted, entries, reply)
            }
        }
    }

    private func idsBeginning(with wanted: String) -> [SubmissionID] {
        var found: [SubmissionID] = []
        if let prefix = SubmissionIDPrefix(wanted) {
            found = ledger.ids(limit: Self.matchesMax) { prefix.matches($0.id) }
        }
        guard found.count < Self.matchesMax else { return found }
        for id in ledger.ids(ofRequestsBeginningWith: wanted, limit: Self.matchesMax) where !found.contains(id) {
            found.append(id)
        }
        return found
    }

    private func refuseUnknown(_ wanted: String, _ reply: CommandReply) {
        reply.fail(
            code: "not_found",
            message: "there is no submission or request \(wanted); 'falconer list' shows all"
        )
    }

    private func refuseAmbiguous(_ wanted: String, _ entries: [SubmissionEntry], _ reply: CommandReply) {
        let records = entries.map { ledger.record($0) }
        var details = JSONObjectWriter()
        details.member("matches", array: records.map(\.json))
        let names = records.map { record in
            record.id.text + (record.requestID.map { " (request \($0))" } ?? "")
        }
        reply.fail(
            code: "ambiguous",
            message: "\(wanted) is the beginning of more than one; write more of it: "
                + names.joined(separator: ", "),
            details: details.bytes
        )
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
