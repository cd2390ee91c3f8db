package import Posix

/// Why the event stream could not be started.
package enum EventStreamError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The socket could not be made: the path is too long or taken, or permissions are missing.
    case socket(UnixSocketError)
    /// The folder of the consumers could not be made or read.
    case consumers(SystemCallError)
    /// The system has no descriptor or memory left.
    case system(SystemCallError)

    package var description: String {
        switch self {
        case .socket(let error): "the event socket could not be opened: \(error)"
        case .consumers(let error): "the consumers' folder cannot be used: \(error)"
        case .system(let error): "the event stream could not be started: \(error)"
        }
    }
}
