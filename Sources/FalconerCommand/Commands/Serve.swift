import ArgumentParser
import FalQueue
import Falconer
import FoundationEssentials
import Glibc
import HTTPServer
import JSONText
import Journal
import Logging
import Posix
import ServiceLifecycle
import SystemPackage
import UnixSignals

/// The command `falconer serve`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the service: receive callbacks, store them, pass them on, and send submissions.",
        discussion: """
            Once it is ready it prints where it can be reached, as a line of JSON unless standard output is a terminal. \
            SIGTERM or Ctrl-C: requests under way are answered, everything is closed, exit code 0; a disk that does not \
            come back within 10 s is not waited for, exit code 8.

            Nothing is deleted unless --retain-age or --retain-bytes says so, and never what a consumer or an open \
            submission still needs: events are refused instead.

              falconer serve --account USER_ID --public-url https://hooks.example.com --fal-key-file ~/.fal-key
              falconer serve --keys http://127.0.0.1:8788/.well-known/jwks.json \\
                  --fal-queue-url http://127.0.0.1:8788 --public-url auto        (with falconer emulate)

            Every option can also be given as a variable, FALCONER_PUBLIC_URL for --public-url; a repeatable one then \
            holds its values separated by commas. 'falconer config show' says which value is in force, and why.

            Exit codes: 0 stopped, 8 the disk or the journal failed, 10 the data folder is in use, 64 wrong options.
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        try await reportingFailure {
            OpenFilesLimit.raise()
            let configuration = try options.resolved(Environment(variables: ProcessInfo.processInfo.environment))
            let logger = try options.log.logger("falconer")
            let service: FalconerService
            do throws(ServiceStartFailure) {
                service = try FalconerService.start(configuration, logger: logger) {
                    // Not exit(3): its handlers and the other threads may wait for the same disk.
                    _exit(ExitStatus.storage.rawValue)
                }
            } catch {
                throw CommandFailure(error.exitStatus, error.description, advice: error.advice)
            }
            do {
                try await runUntilSignalled(service, logger: logger) { try announce(service.reachable) }
            } catch let failure as JournalFailure {
                throw CommandFailure(
                    .storage,
                    "the journal failed (\(failure.rawValue)); nothing was acknowledged after that",
                    advice: "look at the disk, then start again: the start reads what is really on it"
                )
            }
        }
    }

    private func announce(_ reachable: FalconerService.Reachable) throws {
        if StandardOutput.isTerminal {
            try StandardOutput.writeLine(
                "Hook    \(reachable.url)/fal  (\(reachable.listening.joined(separator: ", ")))"
            )
            try StandardOutput.writeLine(
                "Public  \(reachable.publicURL.map { "\($0)/fal" } ?? "unknown: --public-url; outcomes are asked for")"
            )
            try StandardOutput.writeLine("Socket  \(reachable.socket)")
            if let socket = reachable.httpSocket {
                try StandardOutput.writeLine("HTTP    \(socket)")
                try StandardOutput.writeLine("        curl --unix-socket \(socket) http://localhost/events")
            }
            try StandardOutput.writeLine("Data    \(reachable.data)")
            try StandardOutput.writeLine("Listen with: falconer listen --socket \(reachable.socket)")
            return
        }
        var writer = JSONObjectWriter()
        writer.member("listening", array: reachable.listening.map(jsonString))
        writer.member("url", reachable.url)
        writer.member("public_url", reachable.publicURL)
        writer.member("socket", reachable.socket)
        writer.member("http_socket", reachable.httpSocket)
        writer.member("data", reachable.data)
        try StandardOutput.write(writer.line)
    }
}

/// Runs a service until SIGTERM or SIGINT asks it to stop.
///
/// - Parameters:
///   - service: The service, started.
///   - logger: Where the group logs.
///   - announce: Says that it is ready; called once the signals are caught, so that whoever waits for it may send one.
/// - Throws: What the service throws.
func runUntilSignalled(
    _ service: some Service,
    logger: Logger,
    announce: @escaping @Sendable () throws -> Void
) async throws {
    let announced = AnnouncedService(service: service, announce: announce)
    var configuration = ServiceGroupConfiguration(
        services: [.init(service: announced, successTerminationBehavior: .gracefullyShutdownGroup)],
        gracefulShutdownSignals: [.sigterm, .sigint],
        logger: logger
    )
    configuration.maximumGracefulShutdownDuration = .seconds(30)
    try await ServiceGroup(configuration: configuration).run()
}

/// A service that says it is ready once the group runs it, which is after the group has begun to catch signals.
private struct AnnouncedService<Wrapped: Service>: Service {
    let service: Wrapped
    let announce: @Sendable () throws -> Void

    func run() async throws {
        // Nobody reading the announcement is no reason to stop.
        try? announce()
        try await service.run()
    }
}

extension ServiceStartFailure {
    fileprivate var exitStatus: ExitStatus {
        switch part {
        case .storage: .storage
        case .inUse: .conflict
        case .hook, .socket: .unreachable
        case .setting: .usage
        }
    }
}
