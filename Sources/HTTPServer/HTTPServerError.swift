package import Posix

/// Why a server could not start.
package enum HTTPServerError: Error, Equatable, Sendable, CustomStringConvertible {
    /// An address could not be bound.
    case cannotListen(ListenAddress, SystemCallError)
    /// A Unix socket could not be bound.
    case cannotListenOnSocket(UnixSocketError)
    /// A descriptor that the event loops need could not be opened.
    case noDescriptor(SystemCallError)
    /// libmicrohttpd refused to start.
    case libraryRefused
    /// libmicrohttpd took neither the certificate nor the key, or they do not belong together.
    case identityRefused

    package var description: String {
        switch self {
        case .cannotListen(let address, let error):
            "cannot listen on \(address): \(error). Choose another address, or stop what listens there."
        case .cannotListenOnSocket(let error): error.description
        case .noDescriptor(let error):
            "the server could not start: \(error). Raise the limit of open files (ulimit -n)."
        case .libraryRefused:
            "libmicrohttpd refused to start; its reason is in the log at level debug."
        case .identityRefused:
            "the TLS certificate and key were refused. Give PEM files of one certificate and its unencrypted key."
        }
    }
}
