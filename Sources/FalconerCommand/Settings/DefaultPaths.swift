import Glibc

/// Where things are when nobody says otherwise.
struct DefaultPaths {
    /// The folder of the journal and everything else that lasts.
    let data: String
    /// The socket of the event stream.
    let socket: String

    /// The paths for a user (https://specifications.freedesktop.org/basedir-spec/latest/).
    init(environment: Environment, userID: UInt32 = getuid()) {
        guard userID != 0 else {
            data = "/var/lib/falconer"
            socket = "/run/falconer/events.sock"
            return
        }
        let state = environment["XDG_STATE_HOME"] ?? "\(environment["HOME"] ?? "/tmp")/.local/state"
        let runtime = environment["XDG_RUNTIME_DIR"].map { "\($0)/falconer" } ?? "/tmp/falconer-\(userID)"
        data = "\(state)/falconer"
        socket = "\(runtime)/events.sock"
    }
}
