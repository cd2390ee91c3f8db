import ArgumentParser

/// The options of `listen` about running a command for each event.
struct ExecOptions: ParsableArguments {
    @Option(
        name: .customLong("exec"),
        help: ArgumentHelp(
            "Run this for each event of --consumer; {id}, {type}, {request_id}, {submission}, {endpoint}, {tag}, {time} "
                + "and {delivery} are filled in.",
            valueName: "command"
        )
    )
    var command: String?

    @Flag(help: "Give --exec to /bin/sh -c as it is; nothing is filled in, the environment has everything.")
    var shell = false

    @Option(
        help: ArgumentHelp(
            "How long a command may take before its process group gets SIGTERM, and 5 s later SIGKILL.",
            valueName: "seconds"
        )
    )
    var execTimeout = 300.0

    func validate() throws {
        if !(0.001...86_400).contains(execTimeout) { throw ValidationError("--exec-timeout must be 0.001 to 86400") }
        if shell, command == nil { throw ValidationError("--shell goes with --exec") }
        guard let command, !shell else { return }
        do {
            _ = try ExecTemplate(command)
        } catch let problem as ExecTemplate.Problem {
            throw ValidationError("--exec: \(problem)")
        }
    }

    /// The command, if one was given.
    func makeCommand(socket: String) throws -> ExecCommand? {
        guard let command else { return nil }
        return try ExecCommand(
            command,
            usesShell: shell,
            timeout: .milliseconds(Int(execTimeout * 1_000)),
            socket: socket
        )
    }
}
