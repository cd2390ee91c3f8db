import EventStream
import JSONText
import Journal
import Posix

extension Commands {
    /// The most records that a `list` without pages gives; the newest of them.
    static let listMax = 1_000
    /// The most records on a page.
    static let pageMax = 256
    /// The most submissions that are looked at for a page; whatever is found by then is one.
    static let pageScanMax = 4_096

    /// Lists submissions: a page of them, oldest first, or the newest without pages.
    func list(_ line: [UInt8], _ reply: CommandReply) {
        let command: ListCommand
        let first: UInt64
        do {
            command = try ListCommand(line: line)
            first = try command.since.map { try ledger.journal.sequence(atOrAfter: $0) } ?? 0
        } catch let refusal as ListCommand.Refusal {
            reply.fail(code: "bad_request", message: refusal.message)
            return
        } catch {
            reply.fail(code: "journal_unreadable", message: "\(error)")
            return
        }
        guard let after = command.after else { return listNewest(command, first, reply) }
        var records: [[UInt8]] = []
        let page = ledger.withBook { $0.page(from: after, limit: Self.pageScanMax) }
        var next = after
        for entry in page {
            next += 1
            guard command.wants(entry, from: first) else { continue }
            guard !command.looksIntoJournal || command.wants(ledger.details(of: entry)) else { continue }
            records.append(ledger.record(entry).json)
            if records.count == Self.pageMax { break }
        }
        var writer = JSONObjectWriter()
        writer.member("submissions", array: records)
        if !page.isEmpty { writer.member("next", "\(next)") }
        writer.member("trouble", outbox?.trouble)
        reply.finish(writer.bytes)
    }

    private func listNewest(_ command: ListCommand, _ first: UInt64, _ reply: CommandReply) {
        var records: [[UInt8]] = []
        var place: Int?
        repeat {
            let limit = min(Self.pageMax, Self.listMax - records.count)
            let page = ledger.withBook { [place] in $0.page(before: place, in: command.state, limit: limit) }
            for entry in page.entries where command.wants(entry, from: first) {
                guard !command.looksIntoJournal || command.wants(ledger.details(of: entry)) else { continue }
                records.append(ledger.record(entry).json)
            }
            place = page.next
        } while place != nil && records.count < Self.listMax
        var writer = JSONObjectWriter()
        writer.member("submissions", array: records.reversed())
        writer.member("trouble", outbox?.trouble)
        reply.finish(writer.bytes)
    }
}
