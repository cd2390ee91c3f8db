package import Posix

/// Why the event stream could not be started.
package enum EventStreamError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The socket could not be made: the path is too long or taken, or permissions are missing.
    case socket(UnixSocketError)
    /// The system has no descriptor or memory left.
    case system(SystemCallError)

    package var description: String {
        switch self {
        case .socket(let error): "the event socket could not be opened: \(error)"
        case .system(let error): "the event stream could not be started: \(error)"
        }
    }
}
