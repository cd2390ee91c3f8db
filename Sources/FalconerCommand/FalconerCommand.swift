import ArgumentParser

/// The `falconer` command.
@main
struct FalconerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "falconer",
        abstract: "Casts requests into the fal queue and is there when the callbacks return."
    )
}
