import ArgumentParser
import Posix

/// The command `falconer-faults client`.
struct Client: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deliver to a hook on this machine, and write down what was sent and what got a 200.",
        discussion: """
            The ledger has a line 'SENT id sha256' before a delivery is sent, and 'ACK id sequence sha256' once a whole \
            200 was read; each is one write(2). It ends early when the service is gone, and then exits 0 as well.

              falconer-faults keys --key-file key --key-set jwks.json
              falconer-faults client --url http://127.0.0.1:8787/fal --key-file key --ledger - --seconds 5
            """
    )

    @Option(help: "The hook, http://127.0.0.1:PORT/fal.")
    var url: String

    @Option(help: "The file with the signing key.")
    var keyFile: String

    @Option(help: "The file that the ledger is appended to; '-' is standard output.")
    var ledger: String

    @Option(help: "How many connections.")
    var connections = 8

    @Option(help: ArgumentHelp("How many deliveries are repeated ones.", valueName: "percent"))
    var duplicates = 20

    @Option(help: "How long to send.")
    var seconds = 5.0

    @Option(help: "How many connections that broke are made anew.")
    var reconnections = 0

    @Option(help: "What the ids begin with; no two runs on one journal may have the same (default: made up).")
    var family: String?

    func run() throws {
        let (port, path) = try target()
        var load = LedgerLoad(
            port: port,
            key: try SigningKey(file: keyFile).key,
            family: family ?? "c\(String(WallTime.now.microseconds, radix: 36))"
        )
        load.path = path
        load.connections = connections
        load.duplicates = duplicates
        load.time = .seconds(seconds)
        load.reconnectionsMax = reconnections
        let file = try LedgerFile(ledger)
        var known = ClientLedger()
        let outcome = load.run(into: &known, onEntry: { file.write($0) })
        var line = ResultLine()
        line.add("sent", outcome.exchanges.count)
        line.add("ids", known.sent.count)
        line.add("stored", known.acknowledged.count)
        line.add("refused", outcome.count(503))
        line.add("unanswered", outcome.exchanges.count { $0.status == nil })
        line.add("slowest_ms", Int(outcome.slowest / .milliseconds(1)))
        if ledger == "-" { Output.progress(line.text) } else { Output.line(line.text) }
        guard outcome.malformed.isEmpty, known.contradictions.isEmpty else {
            for text in outcome.malformed + known.contradictions { Output.progress(text) }
            throw ExitCode(1)
        }
    }

    private func target() throws -> (port: UInt16, path: String) {
        let prefix = "http://127.0.0.1:"
        let rest = url.dropFirst(prefix.count)
        guard url.hasPrefix(prefix), let slash = rest.firstIndex(of: "/"), let port = UInt16(rest[..<slash]) else {
            throw ValidationError("--url: \(url) is not of the form http://127.0.0.1:PORT/fal")
        }
        return (port, String(rest[slash...]))
    }
}
