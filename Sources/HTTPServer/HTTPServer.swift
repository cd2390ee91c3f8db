import Glibc
package import Logging
package import Posix
import Synchronization
import Threading

/// An HTTP/1.1 server on libmicrohttpd, with event loops of its own.
///
/// Whoever starts one must ``stop(deadline:)`` it.
package final class HTTPServer: Sendable {
    /// The addresses it listens on, with the ports the kernel chose, in the configuration's order.
    package let boundAddresses: [InternetAddress]

    private let shared: ServerShared
    private let loops: [EventLoop]
    private let unixListeners: [UnixSocketListener]
    private let threads: [WorkerThread]

    /// Binds, starts the event loops, and takes connections from here on.
    ///
    /// - Parameters:
    ///   - configuration: How it is set up.
    ///   - handler: What answers the requests, on the loops' threads.
    ///   - logger: Hears libmicrohttpd's complaints at level debug, and of answers that cannot be sent at error.
    /// - Returns: The running server.
    /// - Throws: ``HTTPServerError`` when an address cannot be bound or the library refuses; nothing is left behind.
    package static func start(
        _ configuration: HTTPServerConfiguration,
        handler: any HTTPHandler,
        logger: Logger
    ) throws(HTTPServerError) -> HTTPServer {
        var listeners: [TCPListener] = []
        for address in configuration.listen {
            do throws(SystemCallError) {
                listeners.append(try TCPListener(ip: address.ip, port: address.port))
            } catch {
                throw .cannotListen(address, error)
            }
        }
        let unixListeners = try listen(on: configuration.unixSockets)
        let sockets = listeners.map(ListenerSocket.tcp) + unixListeners.map(ListenerSocket.unix)
        let count = max(1, configuration.threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let shared = ServerShared(
            limits: configuration.limits,
            handler: handler,
            logger: logger,
            loops: count,
            onWork: configuration.onWork
        )
        var loops: [EventLoop] = []
        do throws(HTTPServerError) {
            for _ in 0..<count {
                loops.append(try makeLoop(shared, sockets, configuration.tls))
            }
        } catch {
            loops.forEach { $0.abandon() }
            unixListeners.forEach { $0.removeFile() }
            throw error
        }
        return HTTPServer(
            shared,
            loops,
            boundAddresses: listeners.map(\.boundAddress),
            unixListeners,
            name: configuration.serverName
        )
    }

    private static func listen(on paths: [String]) throws(HTTPServerError) -> [UnixSocketListener] {
        var listeners: [UnixSocketListener] = []
        for path in paths {
            do throws(UnixSocketError) {
                listeners.append(try UnixSocketListener(path: UnixSocketPath(path)))
            } catch {
                listeners.forEach { $0.removeFile() }
                throw .cannotListenOnSocket(error)
            }
        }
        return listeners
    }

    private static func makeLoop(
        _ shared: ServerShared,
        _ listeners: [ListenerSocket],
        _ tls: TLSIdentity?
    ) throws(HTTPServerError) -> EventLoop {
        do throws(SystemCallError) {
            let loop = try EventLoop(shared: shared, listeners: listeners)
            if loop.start(tls: tls) { return loop }
        } catch {
            throw .noDescriptor(error)
        }
        throw tls == nil ? .libraryRefused : .identityRefused
    }

    private init(
        _ shared: ServerShared,
        _ loops: [EventLoop],
        boundAddresses: [InternetAddress],
        _ unixListeners: [UnixSocketListener],
        name: String
    ) {
        self.unixListeners = unixListeners
        self.shared = shared
        self.loops = loops
        self.boundAddresses = boundAddresses
        threads = loops.enumerated().map { number, loop in
            WorkerThread(name: "\(name)-\(number)") { loop.run() }
        }
    }

    /// What it has done so far.
    package var statistics: HTTPServerStatistics {
        shared.counters.snapshot(connectionsOpen: shared.admission.open)
    }

    /// Whether ``drain()`` or ``stop(deadline:)`` was called.
    package var isDraining: Bool { shared.isDraining.load(ordering: .acquiring) }

    /// Takes no more connections, closes idle ones, and ends each other one with its next answer; returns at once.
    ///
    /// Connections that wait in the kernel's queue are still taken and answered. Streams go on until the stop.
    package func drain() {
        shared.isDraining.store(true, ordering: .releasing)
        for listener in unixListeners {
            listener.removeFile()
            // We hold the socket as long as the file may be ours; who comes now is refused instead of left waiting.
            listener.stopListening()
        }
        loops.forEach { $0.wake() }
    }

    /// Drains, finishes all streams, waits for what is in flight, cuts the rest, and joins the event loops.
    ///
    /// Blocks: call it from a thread, not from a task. Every suspended exchange must have been resumed by the deadline;
    /// one that was not is a bug, and stops the process. More calls wait too.
    ///
    /// - Parameter deadline: How long to wait for clients that send slowly or do not take their answers.
    package func stop(deadline: Duration) {
        drain()
        shared.isFinishingStreams.store(true, ordering: .releasing)
        loops.forEach { $0.wake() }
        shared.busyLoops.wait(atMost: deadline, until: { $0 == 0 }, { _, _ in })
        shared.isStopping.store(true, ordering: .releasing)
        loops.forEach { $0.wake() }
        threads.forEach { $0.join() }
    }
}
