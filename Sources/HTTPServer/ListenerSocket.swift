import Posix
import SystemPackage

/// One of the sockets a server takes connections from.
enum ListenerSocket: Sendable {
    case tcp(TCPListener)
    case unix(UnixSocketListener)

    /// Who is at the other end of a Unix socket: nobody with an address; all of them count as one.
    static let unixPeer = InternetAddress(ip: .v4(0x7F00_0001), port: 0)

    /// The number to poll for reading.
    var number: Int32 {
        switch self {
        case .tcp(let listener): listener.number
        case .unix(let listener): listener.number
        }
    }

    /// Takes the next connection, without waiting.
    func accept() -> TCPListener.Outcome {
        switch self {
        case .tcp(let listener): return listener.accept()
        case .unix(let listener):
            do throws(SystemCallError) {
                guard let descriptor = try listener.accept() else { return .nothing }
                return .connection(descriptor, Self.unixPeer)
            } catch {
                switch error.errno {
                case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory, .noBufferSpace: return .exhausted
                default: return .lost
                }
            }
        }
    }
}
