import ArgumentParser
import FalQueue
import FoundationEssentials
import Glibc
import JSONText

/// The command `falconer submit`.
struct Submit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Submit a request to the fal queue through the running service.",
        discussion: """
            The submission is on disk before anything is sent, and this command prints its id and returns; with --wait \
            it stays until the result is there and prints that.

              falconer submit xai/grok-imagine-video/text-to-video --prompt "A falcon dives at dawn" --wait
              falconer submit fal-ai/flux/dev -i prompt="a falcon" -i seed=42
              falconer submit fal-ai/flux/dev --input input.json --tag holiday
              falconer submit fal-ai/flux/dev --prompt "a falcon" --idempotency-key order-4711

            With --batch each line is an input, or {"input":{…},"tag":"…","idempotency_key":"…"}; equal lines are that \
            many submissions. The key of a line follows from the endpoint, its input and which of several equal lines \
            it is, so the same command run again goes on where it was ended; with --idempotency-key NAME it is another \
            batch. The other options set keys of every input. Results are JSON lines, as they come or --ordered:

              falconer submit xai/grok-imagine-video/text-to-video --batch prompts.jsonl --wait > results.jsonl

            With --idempotency-key the same endpoint and input under the same key are the same submission, also after \
            a restart and for as long as the journal keeps it; another input under that key is a conflict.

            Exit codes: 0 submitted (with --wait: succeeded), 2 failed or refused, 3 not done in time, 5 no service, \
            6 not known whether fal has it, 9 key refused, 10 the idempotency key is another input's, 64 the input is \
            not valid.
            """
    )

    @Argument(help: "The fal endpoint id, owner/app or owner/app/path.")
    var endpoint: String

    @Option(help: "The input: a JSON object, a file with one, or - for standard input.")
    var input: String?

    @Option(
        name: .customShort("i"),
        help: ArgumentHelp("One key of the input; the value as JSON, else as text.", valueName: "key=value")
    )
    var assignments: [String] = []

    @Option(help: "What to generate; required by most models.")
    var prompt: String?

    @Option(help: "Length of the video in seconds (Grok Imagine Video: 1 to 15).")
    var duration: Int?

    @Option(help: "Grok Imagine Video: 16:9, 4:3, 3:2, 1:1, 2:3, 3:4 or 9:16.")
    var aspectRatio: String?

    @Option(help: "Grok Imagine Video: 480p or 720p.")
    var resolution: String?

    @Option(help: "A label of yours, kept with the submission.")
    var tag: String?

    @Option(
        help: ArgumentHelp(
            "A text that makes it the same submission when it is asked for again: nothing is sent twice.",
            valueName: "key"
        )
    )
    var idempotencyKey: String?

    @Option(
        help: ArgumentHelp(
            "Submit every line of this file, or of standard input for -; run again, only what is missing is submitted.",
            valueName: "file"
        )
    )
    var batch: String?

    @Option(help: "With --batch: the lines that are under way at once (default: 48; with --wait 1000).")
    var concurrency: Int?

    @Flag(help: "With --batch: print the results in the order of the lines, not as they come.")
    var ordered = false

    @Flag(help: "Stay until the result is there, and print it.")
    var wait = false

    @Option(help: "With --wait: give up waiting after this many seconds (the submission goes on).")
    var timeout: Int?

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            if let batch { return try run(batch: batch) }
            if concurrency != nil || ordered {
                throw CommandFailure(.usage, "--concurrency and --ordered are for --batch")
            }
            let line = try command()
            let connection = try ServiceConnection(path: service.path)
            let reply = try connection.request(line)
            for warning in reply.objects("warnings") {
                let text = "\(warning.string("field") ?? "") \(warning.string("message") ?? "")"
                StandardError.writeLine("warning: \(text); allowed: \(warning.string("allowed") ?? "")")
            }
            let id = reply.string("submission") ?? ""
            guard wait else {
                try print(reply, id)
                return
            }
            let since = max(UInt64(reply.string("id") ?? "") ?? 1, 1) - 1
            try WaitForOutcome(
                id: id,
                since: since,
                timeout: timeout.map { .seconds($0) },
                format: output.resolvedFormat
            )
            .run(connection)
        }
    }

    private func print(_ reply: JSONLine, _ id: String) throws {
        if output.resolvedFormat == .human {
            try StandardOutput.writeLine(id)
            return
        }
        var writer = JSONObjectWriter()
        writer.member("submission", id)
        writer.member("id", reply.string("id"))
        writer.member("state", reply.string("state"))
        if let existing = reply.raw("existing") { writer.member("existing", json: existing) }
        try StandardOutput.write(writer.line)
    }

    private func command() throws -> [UInt8] {
        var writer = JSONObjectWriter()
        writer.member("op", "submit")
        writer.member("endpoint", endpoint)
        writer.member("input", json: try inputBytes())
        writer.member("tag", tag)
        writer.member("idempotency_key", idempotencyKey)
        return writer.bytes
    }

    private func run(batch: String) throws {
        if input != nil { throw CommandFailure(.usage, "--input and --batch exclude each other") }
        let limits = wait ? 1...10_000 : 1...BatchState.commandsMax
        let concurrency = concurrency ?? min(1_000, limits.upperBound)
        guard limits.contains(concurrency) else {
            throw CommandFailure(.usage, "--concurrency goes from 1 to \(limits.upperBound)")
        }
        let reader = BatchReader(
            endpoint: try parsing("endpoint") { try EndpointID.parse(endpoint) },
            name: idempotencyKey ?? "",
            tag: tag,
            common: setOptions(in:)
        )
        let bytes = batch == "-" ? try readStandardInput(atMost: .max) : try wholeFile(batch, option: "batch")
        let (lines, warnings) = try reader.lines(of: bytes)
        for warning in warnings { StandardError.writeLine("warning: \(warning)") }
        var run = try BatchRun(
            lines,
            to: reader.endpoint.description,
            state: BatchState(count: lines.count, concurrency: concurrency, waitsForOutcomes: wait),
            output: BatchOutput(format: output.resolvedFormat, keepsOrder: ordered),
            deadline: timeout.map { .now + .seconds($0) },
            socket: service.path
        )
        try run.run()
    }

    /// Sets the keys of an input that the command line has options for.
    private func setOptions(in builder: inout InputBuilder) throws {
        for assignment in assignments { try builder.assign(assignment) }
        if let prompt { builder.set("prompt", text: prompt) }
        if let duration { builder.set("duration", integer: duration) }
        if let aspectRatio { builder.set("aspect_ratio", text: aspectRatio) }
        if let resolution { builder.set("resolution", text: resolution) }
    }

    private func inputBytes() throws -> [UInt8] {
        do {
            var builder = try input.map { try InputBuilder(object: Self.read($0)) } ?? InputBuilder()
            try setOptions(in: &builder)
            return try builder.encoded()
        } catch let error as InputBuilderError {
            throw CommandFailure(.usage, "\(error)", advice: "see 'falconer submit --help'")
        }
    }

    private static func read(_ input: String) throws -> [UInt8] {
        if input == "-" { return try readStandardInput(atMost: InputBuilder.bytesMax) }
        if input.drop(while: { $0 == " " || $0 == "\n" }).hasPrefix("{") { return Array(input.utf8) }
        do {
            return Array(try Data(contentsOf: URL(filePath: input)))
        } catch {
            throw CommandFailure(
                .usage,
                "cannot read the input file \(input)",
                advice: "give --input a JSON object, a file, or - for standard input"
            )
        }
    }
}

/// All of standard input; no more is read once it is longer than the limit.
private func readStandardInput(atMost limit: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
        let count = unsafe Glibc.read(STDIN_FILENO, &chunk, chunk.count)
        if count == -1, errno == EINTR { continue }
        guard count > 0 else { break }
        bytes += chunk[..<count]
    }
    return bytes
}
