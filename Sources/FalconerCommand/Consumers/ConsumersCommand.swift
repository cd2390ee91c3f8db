import ArgumentParser
import JSONText

/// The command `falconer consumers`.
struct ConsumersCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumers",
        abstract: "Look after named consumers: who reads the events, how far each one is, what it could not do.",
        discussion: """
            A consumer is a name under which the service keeps how far a reader is. It is made by the first \
            'falconer listen --consumer NAME', or here.

              falconer consumers                           all of them
              falconer consumers show encoder
              falconer consumers parked list encoder       events that it could not finish
              falconer consumers parked retry encoder --id 42
              falconer consumers reset encoder --to first  have it read everything again

            Exit codes: 0 done, 4 no such consumer, 5 no service, 10 it is in use or exists already, 64 usage.
            """,
        subcommands: [
            ListConsumers.self, ShowConsumer.self, CreateConsumer.self, DeleteConsumer.self, ResetConsumer.self,
            ParkedCommand.self,
        ],
        defaultSubcommand: ListConsumers.self
    )
}

/// What the commands about consumers have in common.
struct ConsumerOptions: ParsableArguments {
    @OptionGroup var service: SocketOptions
    @OptionGroup var output: OutputOptions

    /// Sends a line and waits for its answer.
    func request(_ change: (inout JSONObjectWriter) -> Void) throws -> JSONLine {
        var writer = JSONObjectWriter()
        change(&writer)
        return try ServiceConnection(path: service.path).request(writer.bytes)
    }

    /// Prints a consumer.
    func show(_ consumer: JSONLine) throws {
        guard output.resolvedFormat == .human else {
            try StandardOutput.write(consumer.bytes + [UInt8(ascii: "\n")])
            return
        }
        let style = Style(isTerminal: StandardOutput.isTerminal)
        func number(_ name: String) -> Int { consumer.integer(name) ?? 0 }
        let parked = number("parked")
        let behind = number("lag_events")
        let lag =
            behind == 0
            ? "0 behind" : "\(behind) behind (\(byteText(number("lag_bytes"))), \(number("lag_seconds")) s)"
        var parts = [
            consumer.string("name") ?? "?", "at \(consumer.string("cursor") ?? "?")", lag,
            "\(number("in_flight")) in flight", "\(number("waiting")) waiting",
            parked == 0 ? "" : style.bad("\(parked) parked"),
            number("redeliveries") == 0 ? "" : "\(number("redeliveries")) delivered again",
            style.faint("ack \(consumer.string("ack") ?? "?")"),
        ]
        let members = consumer.objects("members")
        parts += members.map { member in
            style.faint(
                "process \(member.integer("pid") ?? 0) of user \(member.integer("uid") ?? 0) "
                    + "since \(member.string("since") ?? "?")"
            )
        }
        if members.isEmpty { parts.append(style.faint("nobody connected")) }
        try StandardOutput.writeLine(parts.filter { !$0.isEmpty }.joined(separator: "  "))
    }
}

/// The command `falconer consumers list`.
struct ListConsumers: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the consumers.",
        discussion: "Exit codes: 0 listed, 5 no service."
    )

    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure {
            let reply = try options.request { $0.member("op", "consumers") }
            for consumer in reply.objects("consumers") { try options.show(consumer) }
            for name in reply.strings("unreadable") {
                StandardError.writeLine(
                    "falconer: the file of consumer \(name) cannot be read; restore it or delete it"
                )
            }
        }
    }
}

/// The command `falconer consumers show`.
struct ShowConsumer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show one consumer.",
        discussion: "Exit codes: 0 shown, 4 there is none of that name, 5 no service."
    )

    @Argument(help: "The consumer's name.")
    var name: String

    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure {
            let reply = try options.request {
                $0.member("op", "consumer")
                $0.member("action", "show")
                $0.member("consumer", name)
            }
            if let consumer = reply.object("consumer") { try options.show(consumer) }
        }
    }
}

/// The command `falconer consumers create`.
struct CreateConsumer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a consumer before anybody reads as it.",
        discussion: "Exit codes: 0 made, 5 no service, 10 it exists already, 64 usage."
    )

    @Argument(help: "The consumer's name.")
    var name: String

    @Option(help: "first, new, or a time like 2026-11-22T14:00:00Z.")
    var from = "new"

    @OptionGroup var settings: ConsumerSettingOptions
    @OptionGroup var filter: FilterOptions
    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure {
            let reply = try options.request { writer in
                writer.member("op", "consumer")
                writer.member("action", "create")
                writer.member("consumer", name)
                writer.member("from", from)
                settings.add(to: &writer)
                filter.add(to: &writer)
            }
            if let consumer = reply.object("consumer") { try options.show(consumer) }
        }
    }
}

/// The command `falconer consumers delete`.
struct DeleteConsumer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract: "Forget a consumer, with what it has parked.",
        discussion: "Exit codes: 0 deleted, 4 there is none of that name, 5 no service, 10 somebody reads as it."
    )

    @Argument(help: "The consumer's name.")
    var name: String

    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure {
            _ = try options.request {
                $0.member("op", "consumer")
                $0.member("action", "delete")
                $0.member("consumer", name)
            }
        }
    }
}

/// The command `falconer consumers reset`.
struct ResetConsumer: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset",
        abstract: "Move a consumer; what it had in flight and parked is forgotten.",
        discussion: """
            --to takes first, new, a time like 2026-11-22T14:00:00Z, or the id of the last event that is dealt with.

            Exit codes: 0 moved, 4 there is none of that name, 5 no service, 10 somebody reads as it.
            """
    )

    @Argument(help: "The consumer's name.")
    var name: String

    @Option(help: "Where to.")
    var to: String

    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure {
            let reply = try options.request {
                $0.member("op", "consumer")
                $0.member("action", "reset")
                $0.member("consumer", name)
                $0.member(to.utf8.allSatisfy { (0x30...0x39).contains($0) } ? "after" : "from", to)
            }
            if let consumer = reply.object("consumer") { try options.show(consumer) }
        }
    }
}
