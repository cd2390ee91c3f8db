import CMicroHTTPD
import Glibc
import Posix

/// One of libmicrohttpd's daemons, without a thread or a listening socket; used by one thread.
@safe
final class LibraryDaemon {
    private let handle: OpaquePointer
    private let log: UnsafeMutablePointer<CMicroHTTPD_Log>
    private var isStopped = false

    /// The number to poll for reading.
    let epollDescriptor: Int32

    /// Starts a daemon whose calls go to a loop, which must outlive it; nil when the library refuses.
    init?(loop: EventLoop, limits: ServerLimits, tls: TLSIdentity?) {
        unsafe MHD_set_panic_func(libraryPanicked, nil)
        // Unretained: the loop stops the daemon before it goes.
        let context = unsafe Unmanaged.passUnretained(loop).toOpaque()
        let log = UnsafeMutablePointer<CMicroHTTPD_Log>.allocate(capacity: 1)
        unsafe log.initialize(to: CMicroHTTPD_Log(write: libraryLogged, context: context))
        var configuration = unsafe CMicroHTTPD_Configuration()
        unsafe configuration.context = context
        unsafe configuration.log = log
        unsafe configuration.handler = requestAdvanced
        unsafe configuration.requestBegan = requestBegan
        unsafe configuration.requestCompleted = requestCompleted
        unsafe configuration.connectionChanged = connectionChanged
        // One loop may get every connection, and ours is the count that refuses.
        unsafe configuration.connectionLimit = UInt32(clamping: limits.connectionsMax + 1)
        unsafe configuration.inactivitySeconds = Self.inactivitySeconds(limits)
        unsafe configuration.connectionMemoryBytes = Self.connectionMemoryBytes(limits)
        let started: OpaquePointer?
        if let tls {
            unsafe configuration.tls = 1
            unsafe started = tls.certificatePEM.withCString { certificate in
                unsafe tls.privateKeyPEM.withCString { key in
                    unsafe configuration.certificate = certificate
                    unsafe configuration.privateKey = key
                    return unsafe CMicroHTTPD_start(&configuration)
                }
            }
        } else {
            unsafe started = CMicroHTTPD_start(&configuration)
        }
        guard let started = unsafe started else {
            unsafe log.deallocate()
            return nil
        }
        unsafe handle = started
        unsafe self.log = log
        unsafe epollDescriptor = CMicroHTTPD_epollDescriptor(started)
    }

    deinit {
        precondition(isStopped, "a daemon was left behind without being stopped")
        unsafe log.deallocate()
    }

    /// How long to poll at most; nil for as long as wanted (MHD_get_timeout).
    var timeout: Duration? {
        var milliseconds: UInt64 = 0
        guard unsafe MHD_get_timeout(handle, &milliseconds) == .YES else { return nil }
        return .milliseconds(Int64(clamping: milliseconds))
    }

    /// Serves what is ready, without waiting.
    func run() {
        _ = unsafe MHD_run(handle)
    }

    /// Hands a connection over; false when the library closed it at once.
    ///
    /// Sound from the thread that runs the daemon: without an internal thread, `internal_add_connection` in daemon.c of
    /// 0.9.75 puts the socket into the epoll set before it returns.
    func add(_ descriptor: consuming OwnedDescriptor, from peer: InternetAddress) -> Bool {
        let number = descriptor.release()
        return unsafe peer.withSocketAddress { unsafe MHD_add_connection(handle, number, $0, $1) == .YES }
    }

    /// Closes every connection and frees the daemon; none may be parked.
    func stop() {
        isStopped = true
        unsafe MHD_stop_daemon(handle)
    }

    /// The library's own timeout counts inactivity in whole seconds; it is a second longer than ours, so that it only
    /// acts where ours does not: on a client that takes nothing of its answer.
    private static func inactivitySeconds(_ limits: ServerLimits) -> UInt32 {
        UInt32(clamping: limits.idleTimeout.components.seconds + 2)
    }

    /// Room for the head and the library's records of it, and then some for the answer's head.
    ///
    /// What does not fit the library answers itself, 431 or 414. It clears all of it after each request, so that more costs
    /// time, too: 16 KiB take a microsecond. Half of it is what it reads at once, which a body of 10 KB fits.
    private static func connectionMemoryBytes(_ limits: ServerLimits) -> Int {
        limits.headerBytesMax + 8 * 1024
    }
}
