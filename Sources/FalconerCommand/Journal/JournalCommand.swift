import ArgumentParser
import Falconer
import FoundationEssentials
import Journal
import Posix
import SystemPackage

/// The command `falconer journal`.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal",
        abstract: "Look after the journal's files: verify, count, repair, export.",
        discussion: """
            They read the files themselves, so they work with a service running and without one. Only 'repair' writes, \
            and only while no service runs.

            Exit codes: 0 done, 4 no journal, 7 verification failed, 8 the files cannot be read, 10 a service is \
            running, 64 wrong options, 130 interrupted.
            """,
        subcommands: [
            VerifyJournal.self, CountJournal.self, RepairJournal.self, ExportJournal.self,
            PreviewRetention.self, ImportJournal.self,
        ]
    )
}

/// The option about the data folder that every command on the journal's files takes.
struct DataOptions: ParsableArguments {
    @Option(help: "The service's data folder (FALCONER_DATA; default: that of 'falconer serve').")
    var data: String?

    /// The data folder.
    var path: FilePath {
        let environment = Environment(variables: ProcessInfo.processInfo.environment)
        let setting = environment.setting("data", flag: data, default: DefaultPaths(environment: environment).data)
        return FilePath(setting.value ?? "")
    }

    /// The journal in it.
    ///
    /// - Throws: ``CommandFailure`` with `notFound` when there is none.
    func inspection() throws -> JournalInspection {
        let folder = path.appending("journal")
        guard let found = try reading({ try JournalInspection.open(directory: folder) }) else {
            throw CommandFailure(
                .notFound,
                "there is no journal in \(path)",
                advice: "say with --data where the service keeps its data: 'falconer config show' of that service tells"
            )
        }
        return found
    }
}

/// Reads the journal's files; a failure becomes one of the command.
func reading<Value>(_ body: () throws -> Value) throws -> Value {
    do {
        return try body()
    } catch let error as JournalError {
        throw CommandFailure(
            error.code == .locked ? .conflict : .storage,
            error.message,
            advice: error.code == .locked ? nil : "look at the disk, and at the permissions of the files"
        )
    }
}

/// One worker for each processor.
var workerCount: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }
