import ArgumentParser
import FoundationEssentials

/// The option about the socket that every command that talks to the service takes.
struct SocketOptions: ParsableArguments {
    @Option(help: "The service's socket (FALCONER_SOCKET; default: where 'falconer serve' puts it).")
    var socket: String?

    /// The socket to connect to.
    var path: String { setting(Environment(variables: ProcessInfo.processInfo.environment)).value ?? "" }

    /// The socket, and where that comes from.
    func setting(_ environment: Environment) -> Setting<String?> {
        environment.setting("socket", flag: socket, default: DefaultPaths(environment: environment).socket)
    }
}
