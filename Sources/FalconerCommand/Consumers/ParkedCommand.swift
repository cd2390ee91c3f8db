import ArgumentParser
import JSONText

/// The command `falconer consumers parked`.
struct ParkedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "parked",
        abstract: "Events that a consumer could not finish and set aside.",
        discussion: "Exit codes: 0 done, 4 no such consumer or event, 5 no service, 64 usage.",
        subcommands: [ListParked.self, RetryParked.self, DropParked.self]
    )
}

/// The command `falconer consumers parked list`.
struct ListParked: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the parked events of a consumer, with the reason of each.",
        discussion: "Exit codes: 0 listed, 4 there is no such consumer, 5 no service."
    )

    @Argument(help: "The consumer's name.")
    var name: String

    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure {
            let reply = try options.request {
                $0.member("op", "parked")
                $0.member("action", "list")
                $0.member("consumer", name)
            }
            for event in reply.objects("parked") {
                if options.output.resolvedFormat == .json {
                    try StandardOutput.write(event.bytes + [UInt8(ascii: "\n")])
                } else {
                    try StandardOutput.writeLine(
                        "#\(event.string("id") ?? "?")  \(event.string("time") ?? "")  "
                            + "\(event.integer("deliveries") ?? 0) deliveries  \(event.string("reason") ?? "")"
                    )
                }
            }
        }
    }
}

/// Which parked events are meant.
struct ParkedChoice: ParsableArguments {
    @Argument(help: "The consumer's name.")
    var name: String

    @Option(help: "The event's id.")
    var id: String?

    @Flag(help: "Every parked event of the consumer.")
    var all = false

    func validate() throws {
        if (id != nil) == all { throw ValidationError("give --id or --all") }
    }

    /// Gives the command, and says how many events it was about.
    func perform(_ action: String, counting member: String, _ options: ConsumerOptions) throws {
        let reply = try options.request {
            $0.member("op", "parked")
            $0.member("action", action)
            $0.member("consumer", name)
            $0.member("id", id ?? "all")
        }
        StandardError.writeLine("falconer: \(reply.integer(member) ?? 0) events")
    }
}

/// The command `falconer consumers parked retry`.
struct RetryParked: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Have parked events delivered again, as if for the first time.",
        discussion: "Exit codes: 0 done, 4 no such consumer or event, 5 no service."
    )

    @OptionGroup var choice: ParkedChoice
    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure { try choice.perform("retry", counting: "retried", options) }
    }
}

/// The command `falconer consumers parked drop`.
struct DropParked: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Give parked events up; they stay in the journal.",
        discussion: "Exit codes: 0 done, 4 no such consumer or event, 5 no service."
    )

    @OptionGroup var choice: ParkedChoice
    @OptionGroup var options: ConsumerOptions

    func run() throws {
        try reportingFailure { try choice.perform("drop", counting: "dropped", options) }
    }
}
