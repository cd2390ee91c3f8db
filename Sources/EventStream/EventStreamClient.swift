import Glibc
package import Posix

/// A connection to the event socket that waits, with a deadline for each wait; for one thread at a time.
package final class EventStreamClient {
    /// The most bytes of one line: an event of the largest body, and room for a reply that carries one.
    package static let lineBytesMax = 32 << 20

    private static let chunkBytes = 64 << 10

    private let descriptor: OwnedDescriptor
    private var splitter = LineSplitter(lineBytesMax: EventStreamClient.lineBytesMax)
    private var chunk = [UInt8](repeating: 0, count: EventStreamClient.chunkBytes)
    private var hasEnded = false

    private init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Connects to the service.
    ///
    /// - Parameters:
    ///   - path: The socket's path.
    ///   - timeout: How long to wait for a service that is busy accepting others.
    /// - Returns: The connection; the first line to come is `hello`.
    /// - Throws: ``EventStreamClientError``, `notRunning` when nobody listens.
    package static func connect(
        path: String,
        timeout: Duration
    ) throws(EventStreamClientError) -> EventStreamClient {
        let deadline = ContinuousClock.now + timeout
        while true {
            do throws(UnixSocketError) {
                return EventStreamClient(try UnixSocket.connect(to: UnixSocketPath(path)))
            } catch {
                switch error {
                case .notListening(let path): throw .notRunning(path: path)
                case .inUse:
                    // The backlog is full, and poll(2) cannot wait for room in it.
                    guard ContinuousClock.now < deadline else { throw .timedOut }
                    usleep(10_000)
                default: throw .socket(error)
                }
            }
        }
    }

    /// Sends a line; the line feed is added here.
    ///
    /// - Throws: ``EventStreamClientError``: `timedOut` when the service did not take it all in time, after which the
    ///   connection is of no more use; `disconnected`.
    package func send(_ line: [UInt8], deadline: ContinuousClock.Instant) throws(EventStreamClientError) {
        let bytes = line + [UInt8(ascii: "\n")]
        var offset = 0
        while offset < bytes.count {
            switch UnixSocket.send(bytes.span.extracting(offset..<bytes.count), to: descriptor.number) {
            case .bytes(let count): offset += count
            case .wouldBlock: try wait(for: Int16(POLLOUT), until: deadline)
            case .closed: throw .disconnected
            }
        }
    }

    /// Says that no more lines will be sent; the service goes on with what was asked.
    package func endSending() {
        UnixSocket.endWriting(on: descriptor.number)
    }

    /// Waits for the next line.
    ///
    /// - Parameter deadline: Until when; nil waits without end.
    /// - Returns: The line without its line feed; nil when the service has closed. Bytes without a line feed before the
    ///   end are dropped: a service that dies in the middle of a line has not said it.
    /// - Throws: ``EventStreamClientError``: `timedOut`, `lineTooLong`.
    package func nextLine(deadline: ContinuousClock.Instant?) throws(EventStreamClientError) -> [UInt8]? {
        guard case .line(let line) = try next(deadline: deadline, interruptedBy: nil) else { return nil }
        return line
    }

    /// What a wait that can be interrupted came to.
    package enum Next: Equatable, Sendable {
        /// A line without its line feed.
        case line([UInt8])
        /// Somebody called; the call is taken.
        case interrupted
        /// The service has closed.
        case ended
    }

    /// Waits for the next line, or for somebody's call.
    ///
    /// - Parameters:
    ///   - deadline: Until when; nil waits without end.
    ///   - wake: What the call comes through.
    /// - Returns: What came first.
    /// - Throws: ``EventStreamClientError``: `timedOut`, `lineTooLong`.
    package func nextLine(
        deadline: ContinuousClock.Instant?,
        interruptedBy wake: WakeUp
    ) throws(EventStreamClientError) -> Next {
        try next(deadline: deadline, interruptedBy: wake)
    }

    private func next(
        deadline: ContinuousClock.Instant?,
        interruptedBy wake: WakeUp?
    ) throws(EventStreamClientError) -> Next {
        while true {
            switch splitter.next() {
            case .line(let line): return .line(line)
            case .tooLong: throw .lineTooLong
            case .incomplete: break
            }
            if hasEnded { return .ended }
            switch UnixSocket.receive(into: &chunk, from: descriptor.number) {
            case .bytes(let count): splitter.append(chunk[..<count])
            case .wouldBlock:
                if try wait(for: Int16(POLLIN), until: deadline, or: wake) {
                    wake?.clear()
                    return .interrupted
                }
            case .ended: hasEnded = true
            }
        }
    }

    /// Waits for the socket, or for a call.
    ///
    /// - Returns: Whether somebody called.
    @discardableResult
    private func wait(
        for events: Int16,
        until deadline: ContinuousClock.Instant?,
        or wake: WakeUp? = nil
    ) throws(EventStreamClientError) -> Bool {
        // A negative number is passed over (poll(2)).
        var entries = [
            pollfd(fd: descriptor.number, events: events, revents: 0),
            pollfd(fd: wake?.number ?? -1, events: Int16(POLLIN), revents: 0),
        ]
        var milliseconds: Int32 = -1
        if let deadline {
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { throw .timedOut }
            milliseconds = Int32(min(left / .milliseconds(1), 1_000_000_000).rounded(.up))
        }
        // Whatever it says, the caller tries again and finds out.
        _ = unsafe poll(&entries, 2, milliseconds)
        return entries[1].revents != 0
    }
}
