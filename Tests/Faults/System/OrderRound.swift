import FoundationEssentials

/// A trace of a whole run: each 200 is sent only after the sync of what it is about.
struct OrderRound {
    /// Does it.
    static func run(_ falconer: String, _ report: Report) throws {
        let workspace = try Workspace()
        var ledger = ClientLedger()
        let arguments = [
            "-y", "-s", "400", "-e",
            "trace=openat,fsync,fdatasync,\(SystemCallFault.writes),write,writev,sendto,sendmsg",
        ]
        let service = try ServiceProcess(
            falconer,
            in: workspace,
            ["--segment-bytes", "16384"],
            wrapper: Tracer.wrapper(in: workspace, arguments)
        )
        guard service.waitUntilReady() else { throw HarnessFailure("the service does not start: \(service.log)") }
        var load = LedgerLoad(port: service.port, key: workspace.key.key, family: "a")
        load.time = .seconds(2)
        load.padding = { _ in 0 }
        _ = load.run(into: &ledger)
        service.kill()
        // strace writes what it has seen once its child is gone.
        let trace = try String(contentsOfFile: Tracer.trace(in: workspace), encoding: .utf8)
        var order = TraceOrder(journal: workspace.journal)
        for line in trace.split(separator: "\n") { order.take(line) }
        var found = order.violations
        if order.answers < ledger.acknowledged.count / 2 || order.answers == 0 {
            found.append(
                "the trace has \(order.answers) answers of \(ledger.acknowledged.count): the harness does not see"
            )
        }
        report.count("answers_in_order", order.answers)
        report.round()
        report.violated(found.map { "order: \($0)" }, in: workspace, ledger)
    }
}

/// Reads a trace of strace -f -y, line by line, and knows at each what is on disk.
struct TraceOrder {
    /// What was found.
    private(set) var violations: [String] = []
    /// How many answers of 200 were looked at.
    private(set) var answers = 0

    private let journal: String
    /// The first ids of the writes that are not synchronized yet, by file.
    private var unsynchronized: [String: [UInt64]] = [:]
    /// The files whose own fsync is done, and not yet that of the directory.
    private var unentered: Set<String> = []
    /// The files that are entered in a synchronized directory.
    private var entered: Set<String> = []
    /// Calls under way, by thread: the name and the file.
    private var underWay: [Substring: Call] = [:]
    /// The first id of the write that the present one follows.
    private var written: [UInt64] = []
    private var durable: Set<UInt64> = []

    private struct Call {
        var name: Substring
        var path: String
        /// What was under way when the call began: only that is covered by a sync.
        var covered: [UInt64] = []
    }

    init(journal: String) {
        self.journal = journal
    }

    /// Takes in one line.
    mutating func take(_ line: Substring) {
        let parts = line.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return }
        let thread = parts[0]
        var text = parts[1].drop { $0 == " " }
        if text.hasPrefix("<... ") {
            if let call = underWay.removeValue(forKey: thread) { end(call, succeeded: Self.succeeded(text)) }
            return
        }
        guard let parenthesis = text.firstIndex(of: "(") else { return }
        let name = text[..<parenthesis]
        text = text[text.index(after: parenthesis)...]
        let call = begin(name, text)
        if line.hasSuffix("<unfinished ...>") {
            underWay[thread] = call
        } else if let call {
            end(call, succeeded: Self.succeeded(text))
        }
    }

    private static func succeeded(_ text: Substring) -> Bool {
        guard let equals = text.lastIndex(of: "=") else { return false }
        return !text[equals...].hasPrefix("= -1")
    }

    private mutating func begin(_ name: Substring, _ text: Substring) -> Call? {
        let path =
            text.firstIndex(of: "<").flatMap { start in
                text[start...].firstIndex(of: ">").map { String(text[text.index(after: start)..<$0]) }
            } ?? ""
        switch name {
        case "fsync": return Call(name: name, path: path)
        case "fdatasync": return Call(name: name, path: path, covered: unsynchronized[path] ?? [])
        case _ where name.hasPrefix("pwrite") && path.hasSuffix(".jsonl"):
            guard let id = Self.number(after: #"\"id\":\""#, in: text) else { return nil }
            unsynchronized[path, default: []].append(id)
            written.append(id)
            if !entered.contains(path) {
                violations.append("\(path) was written to before its directory was synchronized")
            }
            return nil
        case "write", "writev", "sendto", "sendmsg":
            if text.contains("HTTP/1.1 200 ") || text.contains(#"\"stored\""#) || text.contains(#"\"duplicate\""#),
                let id = Self.number(after: #"\"id\":\""#, in: text), !path.hasSuffix(".jsonl")
            {
                look(at: id)
            }
            return nil
        default: return nil
        }
    }

    private mutating func end(_ call: Call, succeeded: Bool) {
        guard succeeded else { return }
        switch call.name {
        case "fdatasync":
            durable.formUnion(call.covered)
            unsynchronized[call.path]?.removeAll { call.covered.contains($0) }
        case "fsync" where call.path == journal:
            entered.formUnion(unentered)
            unentered = []
        case "fsync" where call.path.hasSuffix(".jsonl"): unentered.insert(call.path)
        default: break
        }
    }

    /// An answer about an id: the write that begins at it or closest before it must be on disk.
    private mutating func look(at id: UInt64) {
        answers += 1
        guard let write = written.last(where: { $0 <= id }) else {
            violations.append("a 200 for \(id), which was not written")
            return
        }
        if !durable.contains(write) { violations.append("a 200 for \(id) before the sync of its write") }
    }

    private static func number(after head: String, in text: Substring) -> UInt64? {
        guard let range = text.firstRange(of: head) else { return nil }
        return UInt64(text[range.upperBound...].prefix { $0.isNumber })
    }
}
