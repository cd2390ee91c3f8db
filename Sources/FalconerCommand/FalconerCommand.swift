import ArgumentParser
import Glibc

/// Where the process begins.
@main
enum Program {
    static func main() async {
        // A reader that goes away is an error of the write, not the end of the process (signal(7), EPIPE in write(2)).
        signal(SIGPIPE, SIG_IGN)
        // A file at the limit of its size is an error of the write too (signal(7), EFBIG in write(2)).
        signal(SIGXFSZ, SIG_IGN)
        await FalconerCommand.main()
    }
}

/// The `falconer` command.
struct FalconerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "falconer",
        abstract: "Casts requests into the fal queue and is there when the callbacks return.",
        discussion: """
            A 200 means it is on disk; a submission is never lost and never paid twice.

            Without a fal account, in two terminals:
              falconer emulate --listen 127.0.0.1:8788
              FAL_KEY=any:thing falconer serve --keys http://127.0.0.1:8788/.well-known/jwks.json \\
                  --fal-queue-url http://127.0.0.1:8788 --public-url auto
            and in a third:
              falconer submit xai/grok-imagine-video/text-to-video --prompt "A falcon dives at dawn" --wait

            Exit codes: 0 done, 1 internal, 2 failed at fal, 3 timed out, 4 not found, 5 unreachable, 6 uncertain, \
            7 verification failed, 8 storage, 9 key refused, 10 conflict, 64 usage.
            """,
        subcommands: [
            Serve.self, Submit.self, Listen.self, ConsumersCommand.self, Status.self, List.self, Show.self,
            Cancel.self, Resend.self, Run.self, Upload.self, Doctor.self, Models.self, Rejections.self,
            JournalCommand.self, Config.self, Emulate.self, TriggerCommand.self, Bench.self,
        ]
    )
}
