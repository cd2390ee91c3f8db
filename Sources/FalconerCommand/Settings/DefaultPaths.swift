import Glibc
import Posix

/// Where things are when nobody says otherwise.
struct DefaultPaths {
    /// The folder of the journal and everything else that lasts.
    let data: String
    /// The socket of the event stream.
    let socket: String

    /// Where events are read over HTTP, beside a socket; nil where the path would be too long for a socket.
    static func httpSocket(beside socket: String) -> String? {
        let path =
            socket.hasSuffix("/events.sock") || socket == "events.sock"
            ? socket.dropLast("events.sock".count) + "http.sock"
            : (socket.hasSuffix(".sock") ? socket.dropLast(".sock".count) : socket[...]) + ".http.sock"
        return path.utf8.count <= UnixSocketPath.bytesMax ? String(path) : nil
    }

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
