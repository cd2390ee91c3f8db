import ArgumentParser
import JSONText

/// The command `falconer rejections`.
struct Rejections: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show which deliveries the hook refused since the service started, and why.",
        discussion: """
            The sender of a delivery is told a status and no more; the reasons are here: counts by reason, then the \
            newest refusals. Older ones are in rejections.jsonl in the data folder.

            Exit codes: 0 shown, 5 no service.
            """
    )

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            let reply = try ServiceConnection(path: service.path).request(Array(#"{"op":"rejections"}"#.utf8))
            do {
                try output.resolvedFormat == .human ? showText(reply) : showJSON(reply)
            } catch is OutputClosed {
                return
            }
        }
    }

    private func showJSON(_ reply: JSONLine) throws {
        var writer = JSONObjectWriter()
        writer.member("counts", json: reply.raw("counts") ?? Array("{}".utf8))
        if let unwritten = reply.raw("unwritten") { writer.member("unwritten", json: unwritten) }
        try StandardOutput.write(writer.line)
        for rejection in reply.objects("recent") {
            try StandardOutput.write(rejection.bytes + [UInt8(ascii: "\n")])
        }
    }

    private func showText(_ reply: JSONLine) throws {
        let counts = reply.counts("counts")
        if counts.isEmpty {
            try StandardOutput.writeLine("nothing was refused since the service started")
            return
        }
        for (reason, count) in counts { try StandardOutput.writeLine("\(count)\t\(reason)") }
        for rejection in reply.objects("recent") {
            let line = [
                rejection.string("time"), rejection.string("reason"), rejection.string("address"),
                rejection.string("request_id"), rejection.string("detail"),
            ]
            try StandardOutput.writeLine(line.compactMap { $0 }.joined(separator: "  "))
        }
    }
}
