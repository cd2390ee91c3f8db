package import Posix

/// Why a client could not reach or follow the event stream.
package enum EventStreamClientError: Error, Equatable, Sendable, CustomStringConvertible {
    /// No service listens on the socket.
    case notRunning(path: String)
    /// The socket could not be reached for another reason.
    case socket(UnixSocketError)
    /// The deadline passed; nothing is lost, and the call can be made again.
    case timedOut
    /// The service is gone.
    case disconnected
    /// The service sent a line of more than ``EventStreamClient/lineBytesMax`` bytes.
    case lineTooLong
    /// The service sent something that is not of the protocol.
    case malformedLine

    package var description: String {
        switch self {
        case .notRunning(let path): "no service is running on \(path): start it with `falconer serve`"
        case .socket(let error): "the service could not be reached: \(error)"
        case .timedOut: "the service did not answer in time: see its log, or wait longer"
        case .disconnected: "the service closed the connection: connect again and go on after the last event"
        case .lineTooLong: "the service sent a line of more than \(EventStreamClient.lineBytesMax) bytes"
        case .malformedLine: "the service sent a line that is not of this protocol: compare the versions of both"
        }
    }
}
