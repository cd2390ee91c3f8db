import ArgumentParser
import FalQueue
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
            not valid, 130 interrupted (what is submitted goes on).
            """
    )

    @Argument(help: "The fal endpoint id, owner/app or owner/app/path.")
    var endpoint = ""

    @OptionGroup var input: InputOptions
    @OptionGroup var inputCheck: InputCheck
    @OptionGroup var uploads: UploadOptions

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
            "Have the files of the result put into this folder; the service needs --allow-download for it.",
            valueName: "folder"
        )
    )
    var download: String?

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

    @Flag(help: "Without a service: send it from here, once; what becomes of it is not kept.")
    var direct = false

    @Option(
        name: .customLong("webhook-url"),
        help: ArgumentHelp("With --direct: where fal calls back.", valueName: "url")
    )
    var webhookURL: String?

    @Flag(help: "With --wait: show the lines of the run's log on standard error.")
    var logs = false

    @Option(name: .customLong("fal-queue-url"), help: "With --direct: where it goes (default: https://queue.fal.run).")
    var falQueueURL: String?

    @Option(
        help: ArgumentHelp(
            "Instead of a new submission, send this one again that is uncertain or lost, as 'falconer resend' does.",
            valueName: "id"
        )
    )
    var resend: String?

    @Flag(help: "With --resend: say that you know it may run, and be paid for, twice.")
    var mayPayTwice = false

    @OptionGroup var access: FalAccess
    @OptionGroup var fal: FalOptions
    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try reportingFailure {
            if let resend { return try send(again: resend) }
            if endpoint.isEmpty || mayPayTwice {
                throw CommandFailure(
                    .usage,
                    endpoint.isEmpty ? "an endpoint is missing" : "--may-pay-twice is for --resend"
                )
            }
            if direct { return try submitDirectly() }
            if webhookURL != nil || falQueueURL != nil {
                throw CommandFailure(.usage, "--webhook-url and --fal-queue-url are for --direct")
            }
            if logs, !wait || batch != nil { throw CommandFailure(.usage, "--logs goes with --wait") }
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
                format: output.resolvedFormat,
                logs: logs ? try RunLogs(id, socket: service.path) : nil
            )
            .run(connection)
        }
    }

    private func send(again id: String) throws {
        if !endpoint.isEmpty || direct || batch != nil || wait || tag != nil || idempotencyKey != nil {
            throw CommandFailure(
                .usage,
                "--resend sends what is recorded, as it is: no endpoint, --direct, --batch, --wait, --tag or "
                    + "--idempotency-key"
            )
        }
        try Resending(id: id, mayPayTwice: mayPayTwice, socket: service.path).run(output.resolvedFormat)
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
        let options = try fal.resolved().json
        let draft = try input.draft()
        if draft.files.isEmpty, access.falKeyFile != nil {
            throw CommandFailure(.usage, "--fal-key-file is for --direct and for uploads; the service has its own key")
        }
        if !draft.files.isEmpty, idempotencyKey != nil {
            // Each upload has another URL: the same command, run again, would be another input under the same key.
            throw CommandFailure(
                .usage,
                "--idempotency-key takes no local files: their URLs would not be the same when it is run again",
                advice: "upload the file once, with 'falconer upload FILE', and give its URL"
            )
        }
        let id = try parsing("endpoint") { try EndpointID.parse(endpoint) }
        let checker = try inputCheck.checker(of: id)
        // What the service does just as well is left to it, and done here only before something is uploaded.
        let isLeft = inputCheck.isLeftToService(id) && draft.files.isEmpty
        let bytes = try uploads.input(of: draft, checkedBy: isLeft ? nil : checker, access: access)
        if !isLeft { writer.member("check", false) }
        writer.member("input", json: bytes)
        writer.member("tag", tag)
        writer.member("idempotency_key", idempotencyKey)
        writer.member("download", download.map { DownloadOptions.absolute($0) })
        if let options { writer.member("options", json: options) }
        writer.member("checked_against", checker.digest)
        return writer.bytes
    }

    private func submitDirectly() throws {
        if batch != nil || idempotencyKey != nil || tag != nil || download != nil {
            throw CommandFailure(
                .usage,
                "--direct keeps nothing: no --batch, --idempotency-key, --tag or --download",
                advice: "leave --direct out to submit through the service"
            )
        }
        if let webhookURL { _ = try parsing("webhook-url") { try AbsoluteURL.parse(webhookURL) } }
        let id = try parsing("endpoint") { try EndpointID.parse(endpoint) }
        let options = try fal.resolved()
        let queue = try access.url("fal-queue-url", falQueueURL, default: .fal)
        let checker = try inputCheck.checker(of: id)
        let bytes = try uploads.input(of: try input.draft(), checkedBy: checker, access: access)
        let submission = DirectSubmission(
            request: SubmitRequest(endpoint: id, input: bytes, webhookURL: webhookURL, options: options),
            queue: queue,
            key: try access.key(),
            format: output.resolvedFormat,
            wantsLogs: logs
        )
        try submission.run(waits: wait, timeout: timeout.map { .seconds($0) })
    }

    private func run(batch: String) throws {
        if input.input != nil { throw CommandFailure(.usage, "--input and --batch exclude each other") }
        if access.falKeyFile != nil {
            throw CommandFailure(.usage, "--fal-key-file and --batch exclude each other: the service has its own key")
        }
        let limits = wait ? 1...10_000 : 1...BatchState.commandsMax
        let concurrency = concurrency ?? min(1_000, limits.upperBound)
        guard limits.contains(concurrency) else {
            throw CommandFailure(.usage, "--concurrency goes from 1 to \(limits.upperBound)")
        }
        let id = try parsing("endpoint") { try EndpointID.parse(endpoint) }
        guard try input.draft().files.isEmpty else {
            // Each upload has another URL, and the key of a line follows from its input: a second run would pay again.
            throw CommandFailure(
                .usage,
                "a batch takes no local files: its lines would not be the same when it is run again",
                advice: "upload the file once, with 'falconer upload FILE', and give its URL"
            )
        }
        let checker = try inputCheck.checker(of: id)
        let reader = BatchReader(
            endpoint: id,
            checker: checker,
            name: idempotencyKey ?? "",
            tag: tag,
            common: input.set(in:)
        )
        let bytes = batch == "-" ? readStandardInput(atMost: .max) : try wholeFile(batch, option: "batch")
        let (lines, warnings) = try reader.lines(of: bytes)
        for warning in warnings { StandardError.writeLine("warning: \(warning)") }
        var run = try BatchRun(
            lines,
            to: reader.endpoint.description,
            options: try fal.resolved().json,
            download: download.map { DownloadOptions.absolute($0) },
            isCheckedByService: inputCheck.isLeftToService(id),
            checkedAgainst: checker.digest,
            state: BatchState(count: lines.count, concurrency: concurrency, waitsForOutcomes: wait),
            output: BatchOutput(format: output.resolvedFormat, keepsOrder: ordered),
            deadline: timeout.map { .now + .seconds($0) },
            socket: service.path
        )
        try run.run()
    }
}
