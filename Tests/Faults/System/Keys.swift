import ArgumentParser
import FoundationEssentials

/// The command `falconer-faults keys`.
struct Keys: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a signing key for the client and the key set for 'falconer serve --keys'.",
        discussion: "Without --key-set, the key set goes to standard output."
    )

    @Option(help: "The file that the key is written to.")
    var keyFile: String

    @Option(help: "The file that the key set is written to.")
    var keySet: String?

    func run() throws {
        let key = try SigningKey()
        try key.write(to: keyFile)
        if let keySet {
            try Data(key.keySet.utf8).write(to: URL(filePath: keySet))
        } else {
            Output.line(String(key.keySet.dropLast()))
        }
    }
}
