import ArgumentParser
import Glibc

/// Where the process begins.
@main
enum Program {
    static func main() {
        signal(SIGPIPE, SIG_IGN)
        FaultsCommand.main()
    }
}

/// The command `falconer-faults`.
struct FaultsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "falconer-faults",
        abstract: "Makes faults for real, and checks that no 200 was a lie.",
        discussion: """
            Everything runs on this machine, over loopback, in directories of its own under /tmp, and ends by itself.

            Exit codes: 0 no violation, 1 a violation (what is needed to look into it is kept and named), 64 usage.
            """,
        subcommands: [
            Keys.self, Client.self, Check.self, Syscalls.self, Kills.self, Limits.self, Streams.self, Chaos.self,
        ]
    )
}
