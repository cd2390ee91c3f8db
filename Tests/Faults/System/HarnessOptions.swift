import ArgumentParser
import FoundationEssentials

/// What every harness is told.
struct HarnessOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The program under test (default: the falconer beside this one).", valueName: "path"))
    var falconer: String?

    @Flag(help: "A few rounds only.")
    var quick = false

    @Option(help: "How many services at a time.")
    var jobs = 2

    /// The program's path.
    func program() throws -> String {
        let path =
            try falconer
            ?? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe").split(separator: "/").dropLast()
            .reduce("") { "\($0)/\($1)" } + "/falconer"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            throw ValidationError("there is no program \(path): name one with --falconer")
        }
        return path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }
}
