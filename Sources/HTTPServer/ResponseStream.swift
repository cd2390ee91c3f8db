import Threading

/// The body of an answer that is written bit by bit, from any thread, for as long as wanted.
///
/// The connection is parked while there is nothing to send. A client that has gone is noticed at the next write, or by
/// the loop's sweep, which looks once a second. A stream belongs to one answer only.
package final class ResponseStream: Sendable {
    /// How many bytes wait for a slow client before ``write(_:)`` says ``WriteResult/full``.
    package static let bufferBytesMax = 256 * 1024
    /// How many bytes the library asks for at a time.
    static let blockBytes = 16 * 1024

    /// What became of a write.
    package enum WriteResult: Sendable, Equatable {
        /// The bytes will be sent.
        case written
        /// They were not taken, because ``bufferBytesMax`` bytes wait already; try later, or finish.
        case full
        /// They were not taken, because the stream is finished or its client has gone.
        case closed
    }

    fileprivate struct State {
        var waiting: [UInt8] = []
        var sent = 0
        var isFinished = false
        var isClosedByPeer = false
        var isTaken = false
        var connection: LoopConnection?
        var isParked = false
        /// A write found no room.
        var isAwaited = false
    }

    private let state = Monitor(State())
    private let onChange: (@Sendable () -> Void)?

    /// A stream that nothing was written to.
    ///
    /// - Parameter onChange: Called on the server's thread when a write that was ``WriteResult/full`` has room again, half
    ///   of ``bufferBytesMax`` at least, and when the client has gone; must be short, and may be called more often.
    package init(onChange: (@Sendable () -> Void)? = nil) {
        self.onChange = onChange
    }

    /// Whether the client has gone, or the server has cut the stream off, before it was finished.
    package var isClosedByPeer: Bool {
        state.withLock { $0.isClosedByPeer }
    }

    /// Hands bytes over, all or none of them.
    package func write(_ bytes: some Collection<UInt8>) -> WriteResult {
        let (result, parked) = state.withLock { state -> (WriteResult, LoopConnection?) in
            guard !state.isFinished, !state.isClosedByPeer else { return (.closed, nil) }
            guard state.waiting.count - state.sent + bytes.count <= Self.bufferBytesMax else {
                state.isAwaited = true
                return (.full, nil)
            }
            state.waiting.append(contentsOf: bytes)
            return (.written, state.unpark())
        }
        parked?.resume()
        return result
    }

    /// Ends the body once all that was written is sent; more calls do nothing.
    package func finish() {
        state.withLock { state -> LoopConnection? in
            state.isFinished = true
            return state.unpark()
        }?.resume()
    }

    /// Ties the stream to its connection, before the answer is queued, on the loop's thread.
    func attach(to connection: LoopConnection) {
        state.withLock { state in
            precondition(!state.isTaken, "a response stream was used for two answers")
            state.isTaken = true
            state.connection = connection
        }
    }

    /// The client has gone while the connection was parked: lets the library find out.
    func peerHasGone() {
        state.withLock { state -> LoopConnection? in
            if !state.isFinished {
                state.isClosedByPeer = true
            }
            return state.unpark()
        }?.resume()
        onChange?()
    }

    /// The answer is over, on the loop's thread.
    func detach() {
        state.withLock { state in
            precondition(!state.isParked, "a parked stream's connection went")
            state.connection = nil
            if !state.isFinished {
                state.isClosedByPeer = true
            }
        }
        onChange?()
    }

    /// Gives the library the next bytes, on the loop's thread; parks the connection when there are none.
    ///
    /// - Returns: How many bytes; 0 when parked; -1 at the end, -2 to cut the connection
    ///   (MHD_CONTENT_READER_END_OF_STREAM, MHD_CONTENT_READER_END_WITH_ERROR).
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let (first, hasRoom, connection) = state.withLock { state in
            (unsafe state.take(into: buffer), state.makesRoomKnown(), state.connection)
        }
        if hasRoom { onChange?() }
        if first != 0 { return first }
        guard let connection else { return -2 }
        // Suspended before anyone can see that it is parked: a resume must never come before its suspend. What was
        // written in between finds nothing to wake, so it is looked for again.
        connection.suspend()
        let mustResume = state.withLock { state in
            state.isParked = !state.hasNews
            return !state.isParked
        }
        if mustResume {
            connection.resume()
        }
        return 0
    }
}

extension ResponseStream.State {
    var hasNews: Bool { waiting.count > sent || isFinished || isClosedByPeer }

    mutating func unpark() -> LoopConnection? {
        guard isParked else { return nil }
        isParked = false
        return connection
    }

    /// Whether room that was waited for is there now; said once.
    mutating func makesRoomKnown() -> Bool {
        guard isAwaited, waiting.count - sent <= ResponseStream.bufferBytesMax / 2 else { return false }
        isAwaited = false
        return true
    }

    mutating func take(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if isClosedByPeer { return -2 }
        let count = min(waiting.count - sent, buffer.count)
        guard count > 0 else { return isFinished ? -1 : 0 }
        unsafe buffer.copyBytes(from: waiting[sent..<sent + count])
        sent += count
        if sent == waiting.count {
            waiting.removeAll(keepingCapacity: true)
            sent = 0
        } else if sent >= ResponseStream.bufferBytesMax {
            // A client that is always a little behind must not keep all that it ever took.
            waiting.removeSubrange(..<sent)
            sent = 0
        }
        return count
    }
}
