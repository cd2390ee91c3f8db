import Falconer
import JSONText

/// Prints what became of each line, as it comes or in the order of the file.
struct BatchOutput {
    let format: OutputFormat
    let keepsOrder: Bool

    private var held: [Int: [UInt8]] = [:]
    private var nextIndex = 0

    /// Prints from the first line onward.
    init(format: OutputFormat, keepsOrder: Bool) {
        self.format = format
        self.keepsOrder = keepsOrder
    }

    /// Prints a line's result, or holds it until those before it are there.
    ///
    /// - Throws: ``OutputClosed``.
    mutating func print(_ result: [UInt8], of index: Int) throws {
        guard keepsOrder else {
            try StandardOutput.write(result)
            return
        }
        held[index] = result
        while let next = held.removeValue(forKey: nextIndex) {
            nextIndex += 1
            try StandardOutput.write(next)
        }
    }

    /// A line that is recorded and not waited for.
    func recorded(_ line: BatchLine, _ reply: JSONLine) -> [UInt8] {
        if format == .human {
            let note = reply.raw("existing").map { $0 == Array("true".utf8) } == true ? "  there before" : ""
            return Array(
                "\(line.number)  \(line.key.submission)  \(reply.string("state") ?? "?")\(note)\n".utf8
            )
        }
        var writer = head(line)
        writer.member("state", reply.string("state"))
        if let existing = reply.raw("existing") { writer.member("existing", json: existing) }
        return writer.line
    }

    /// A line whose submission has ended, with the event that says how.
    func ended(_ line: BatchLine, _ event: JSONLine) -> [UInt8] {
        let type = event.string("type") ?? ""
        let state = type.split(separator: ".").last.map(String.init) ?? type
        if format == .human {
            let style = Style(isTerminal: StandardOutput.isTerminal)
            let detail = EventText(style: style).detail(event, type)
            let painted = state == "succeeded" ? style.good(state) : style.bad(state)
            return Array("\(line.number)  \(line.key.submission)  \(painted)  \(detail)\n".utf8)
        }
        var writer = head(line)
        writer.member("state", state)
        writer.member("event", json: event.bytes)
        return writer.line
    }

    /// A line that the service did not take.
    func refused(_ line: BatchLine, _ frame: JSONLine) -> [UInt8] {
        if format == .human {
            return Array("\(line.number)  not taken  \(frame.string("message") ?? "")\n".utf8)
        }
        var writer = JSONObjectWriter()
        writer.member("line", line.number)
        writer.member("code", frame.string("code"))
        writer.member("message", frame.string("message"))
        return writer.line
    }

    private func head(_ line: BatchLine) -> JSONObjectWriter {
        var writer = JSONObjectWriter()
        writer.member("line", line.number)
        writer.member("submission", line.key.submission.text)
        writer.member("tag", line.tag)
        return writer
    }
}
