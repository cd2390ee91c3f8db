import ArgumentParser
import EventStream
import JSONText

/// The command `falconer listen`.
struct Listen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Follow the events of the running service.",
        discussion: """
            Prints each event as it becomes durable: a line for people on a terminal, the journal's own JSON line \
            otherwise. When the service goes away it waits for it to come back and goes on where it was.

              falconer listen                                  from now on
              falconer listen --from first --until now         all there is
              falconer listen --after 41 --types 'fal.request.*' | jq .data.payload
              falconer listen --consumer encoder --from first  the service remembers how far 'encoder' is

              falconer listen --consumer encoder --exec 'encode {request_id}'
              falconer listen --consumer shop --forward-to https://shop.example/falcon

            With --consumer each event is acknowledged once it is written, so that the next 'listen' of that name goes \
            on behind it; see 'falconer consumers --help'.

            With --exec a command runs for each event of a consumer, never through a shell unless --shell is given. It \
            has the event's JSON line on its standard input, and FALCONER_ID, _TYPE, _REQUEST_ID, _SUBMISSION, \
            _ENDPOINT, _TAG, _TIME, _DELIVERY (how often it was delivered, from 1) and _SOCKET in its environment. Exit \
            code 0 finishes the event; 75 has it come again after ten times the --backoff, any other after the --backoff, \
            which doubles with each failure. After --max-deliveries the event is parked with the exit code and the last \
            line of standard error: see 'falconer consumers parked list NAME'. An event is finished at least once: when \
            the command or the service is killed it may run again. Ctrl-C or SIGTERM waits for the commands that run; a \
            second one kills them.

            With --forward-to each event of a consumer is POSTed to a URL: Content-Type application/cloudevents+json, \
            the body is the event's line in the journal, signed as https://www.standardwebhooks.com has it (webhook-id, \
            webhook-timestamp, webhook-signature v1 with HMAC-SHA256). 2xx finishes the event, 410 parks it at once, 429 \
            and 503 have it come again after their Retry-After, anything else after the --backoff; redirects are not \
            followed. A host with an address of this machine or of a private network is refused without --allow-private. \
            The receiver gets an event at least once, each time with the same webhook-id.

            Exit codes: 0 done, 3 --timeout passed, 5 no service, 10 somebody else reads as that consumer, 64 a \
            command that cannot be run, 130 interrupted while it worked on events.
            """
    )

    @Option(help: "first, new, or a time like 2026-11-22T14:00:00Z.")
    var from: String?

    @Option(help: "The id of the last event you have dealt with.")
    var after: String?

    @Option(help: "now, or the id of the last event wanted.")
    var until: String?

    @Option(help: ArgumentHelp("Read as this consumer, which is made when there is none.", valueName: "name"))
    var consumer: String?

    @OptionGroup var settings: ConsumerSettingOptions
    @OptionGroup var filter: FilterOptions

    @OptionGroup var exec: ExecOptions
    @OptionGroup var forward: ForwardOptions
    @OptionGroup var work: WorkOptions

    @Option(help: "End after this many events.")
    var count: Int?

    @Option(help: "Give up after this many seconds.")
    var timeout: Int?

    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        if from != nil, after != nil { throw ValidationError("give --from or --after, not both") }
        if consumer != nil, until != nil { throw ValidationError("--until is not for consumers: use --count") }
        if exec.command != nil || forward.url != nil {
            let option = exec.command != nil ? "--exec" : "--forward-to"
            if consumer == nil { throw ValidationError("\(option) needs --consumer: it keeps what is done") }
            if settings.ack ?? "each" != "each" { throw ValidationError("\(option) needs --ack each") }
            if exec.command != nil, forward.url != nil {
                throw ValidationError("give --exec or --forward-to: each with a consumer of its own")
            }
        }
        if let count, count < 1 { throw ValidationError("--count must be 1 or more") }
        if let timeout, timeout < 1 { throw ValidationError("--timeout must be 1 or more seconds") }
    }

    func run() throws {
        try reportingFailure {
            if let worker = try makeWorker() {
                if try WorkSession(worker, plan).run() { throw ExitCode(130) }
                return
            }
            var session = ListenSession(
                deadline: timeout.map { .now + .seconds($0) },
                isUntilNow: until == "now",
                remaining: count,
                acknowledges: consumer != nil && settings.ack != "none",
                text: output.resolvedFormat == .human
                    ? EventText(style: Style(isTerminal: StandardOutput.isTerminal)) : nil
            )
            do {
                try session.follow(path: service.path, subscription: subscription)
            } catch is OutputClosed {
                return
            }
        }
    }

    /// What is done with each event, when it is not printed.
    private func makeWorker() throws -> (any EventWorker)? {
        if let command = try exec.makeCommand(socket: service.path) { return command }
        guard let consumer else { return nil }
        return try forward.makeForwarder(consumer: consumer, concurrency: work.concurrency)
    }

    /// How many seconds the service waits for an event of a consumer that is made now; it refuses what is no time at all.
    private var ackWait: Double {
        settings.ackWait.flatMap { (0.001...86_400).contains($0) ? $0 : nil } ?? 30
    }

    /// How a consumer's events are worked on.
    private var plan: WorkSession.Plan {
        WorkSession.Plan(
            path: service.path,
            consumer: consumer ?? "",
            subscribe: subscription(lastID: nil),
            create: consumerLine { writer in
                writer.member("op", "subscribe")
                // What is out counts as delivered when this command is killed, so no more is out than is worked on.
                if settings.maxInFlight == nil, !settings.group { writer.member("max_in_flight", work.concurrency) }
            },
            ackWait: .milliseconds(Int(ackWait * 1_000)),
            concurrency: work.concurrency,
            backoff: .milliseconds(Int(work.backoff * 1_000)),
            count: count,
            deadline: timeout.map { .now + .seconds($0) }
        )
    }

    /// A line about the consumer, with everything that was said about it.
    private func consumerLine(_ begin: (inout JSONObjectWriter) -> Void) -> [UInt8] {
        var writer = JSONObjectWriter()
        begin(&writer)
        writer.member("consumer", consumer)
        settings.add(to: &writer)
        filter.add(to: &writer)
        // Where the consumer is, is the service's to say; this is for one that is made now.
        if let after { writer.member("after", after) } else { writer.member("from", from ?? "new") }
        return writer.bytes
    }

    /// The line that subscribes; after a reconnect, behind the last event that was seen.
    private func subscription(lastID: String?) -> [UInt8] {
        if consumer != nil { return consumerLine { $0.member("op", "subscribe") } }
        var writer = JSONObjectWriter()
        writer.member("op", "subscribe")
        if let lastID {
            writer.member("after", lastID)
        } else if let after {
            writer.member("after", after)
        } else {
            writer.member("from", from ?? "new")
        }
        writer.member("until", until)
        filter.add(to: &writer)
        return writer.bytes
    }
}

/// What `listen` remembers from one connection to the next.
private struct ListenSession {
    let deadline: ContinuousClock.Instant?
    /// Whether the service ends the subscription by itself once it has sent what is there.
    let isUntilNow: Bool
    var remaining: Int?
    /// Whether each event is acknowledged once it is written.
    let acknowledges: Bool
    let text: EventText?
    var lastID: String?

    private enum End {
        case finished
        case disconnected
    }

    init(
        deadline: ContinuousClock.Instant?,
        isUntilNow: Bool,
        remaining: Int?,
        acknowledges: Bool,
        text: EventText?
    ) {
        self.acknowledges = acknowledges
        self.deadline = deadline
        self.isUntilNow = isUntilNow
        self.remaining = remaining
        self.text = text
    }

    mutating func follow(path: String, subscription: (String?) -> [UInt8]) throws {
        var retry = Reconnection(deadline: deadline)
        while true {
            do {
                let connection = try ServiceConnection(path: path)
                retry.connected()
                if lastID == nil {
                    lastID = connection.hello.string("last").flatMap { subscribesFromNow(subscription) ? $0 : nil }
                }
                try connection.send(subscription(lastID))
                if try listen(connection) == .finished { return }
            } catch let failure as CommandFailure where failure.status == .unreachable && retry.hasConnected {
                retry.failed(failure)
            }
            try retry.wait()
        }
    }

    /// From now on means from the first connection's now on, also after a reconnect.
    private func subscribesFromNow(_ subscription: (String?) -> [UInt8]) -> Bool {
        JSONLine(subscription(nil))?.string("from") == "new"
    }

    private mutating func listen(_ connection: ServiceConnection) throws -> End {
        var hasCaughtUp = false
        var silence = Silence(connection.hello)
        while true {
            let line: JSONLine?
            do {
                let due = [deadline, silence.due(after: .now)].compactMap { $0 }.min()
                line = try connection.next(deadline: due)
            } catch let failure as CommandFailure where failure.status == .timedOut {
                if let deadline, deadline <= .now { throw Reconnection.tooLate }
                StandardError.writeLine(silence.passed())
                continue
            }
            if let text = silence.heard() { StandardError.writeLine(text) }
            guard let line else { return hasCaughtUp && isUntilNow ? .finished : .disconnected }
            switch try? StreamLine(line.bytes) {
            case .event:
                try show(line)
                try acknowledge(line.string("id"), connection)
                if remaining == 0 { return .finished }
            case .delivery(let id, _):
                guard let event = line.object("event") else { continue }
                try show(event)
                try acknowledge("\(id)", connection)
                if remaining == 0 { return .finished }
            case .dead(let id, let why):
                StandardError.writeLine("falconer: event \(id) was parked: \(why)")
            case .error: throw ServiceConnection.refusal(line)
            case .bye(let code, _, _):
                return code == "complete" ? .finished : .disconnected
            case .gap(let from, let to):
                StandardError.writeLine("falconer: events \(from) to \(to) are no longer there")
            case .caughtUp: hasCaughtUp = true
            default: break
            }
        }
    }

    /// Says that an event is dealt with; the last one wanted is on the service's disk before this returns.
    private func acknowledge(_ id: String?, _ connection: ServiceConnection) throws {
        guard acknowledges, let id else { return }
        var writer = JSONObjectWriter()
        writer.member("op", "ack")
        writer.member("id", id)
        if remaining == 0 { writer.member("sync", true) }
        try connection.send(writer.bytes)
        guard remaining == 0 else { return }
        while let line = try connection.next(deadline: .now + ServiceConnection.answerTime) {
            if line.frame == "acked" { return }
            if line.frame == "error" { throw ServiceConnection.refusal(line) }
        }
    }

    private mutating func show(_ event: JSONLine) throws {
        lastID = event.string("id") ?? lastID
        remaining = remaining.map { $0 - 1 }
        if let text {
            try StandardOutput.writeLine(text.line(event))
        } else {
            try StandardOutput.write(event.bytes + [UInt8(ascii: "\n")])
        }
    }
}

/// A text as JSON.
func jsonString(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    JSONText.appendString(text, to: &bytes)
    return bytes
}
