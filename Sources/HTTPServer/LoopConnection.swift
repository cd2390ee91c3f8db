import CMicroHTTPD
import Glibc
import Posix

/// One connection of a loop, from the library's "started" to its "closed".
///
/// Only the loop's thread touches it, but for ``resume()``.
@safe
final class LoopConnection: @unchecked Sendable {  // `phase`, `stream` stay on the loop's thread; the rest is constant.
    /// Where a connection stands between and within requests.
    enum Phase: Equatable {
        /// No request line yet, since then.
        case idle(since: ContinuousClock.Instant)
        /// A request is coming in, its request line complete since then.
        case receiving(since: ContinuousClock.Instant)
        /// A request is being answered, which has no deadline here.
        case answering
        /// It was shut down, and the library is about to see it.
        case cut
    }

    let loop: EventLoop
    let peer: InternetAddress
    var phase: Phase
    /// The stream of the answer that is being sent.
    var stream: ResponseStream?
    /// A body was announced and refused, so bytes of it may have arrived.
    var hasUnreadBody = false
    private let handle: OpaquePointer
    private let descriptor: Int32

    init(loop: EventLoop, handle: OpaquePointer, peer: InternetAddress, now: ContinuousClock.Instant) {
        self.loop = loop
        self.peer = peer
        phase = .idle(since: now)
        unsafe self.handle = handle
        unsafe descriptor = CMicroHTTPD_socket(handle)
    }

    /// Parks the connection; only from the library's calls for a request or for a stream's bytes.
    func suspend() {
        loop.willPark()
        unsafe MHD_suspend_connection(handle)
    }

    /// Lets a parked connection go on, from any thread; it may be gone when this returns.
    func resume() {
        unsafe MHD_resume_connection(handle)
        // Only now may the loop end: the call above used its daemon.
        loop.hasResumed()
    }

    /// Queues an answer; false when the library does not take it.
    func queue(status: Int, _ response: borrowing LibraryResponse) -> Bool {
        unsafe MHD_queue_response(handle, UInt32(status), response.handle) == .YES
    }

    /// Ends the connection: the library sees the end of the stream and closes it.
    func cut() {
        phase = .cut
        _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Ends the connection once what has already arrived is answered (shutdown(2) keeps what is in the buffer).
    func endAfterWhatArrived() {
        _ = shutdown(descriptor, Int32(SHUT_RD))
    }

    /// Takes what has arrived and will not be read, so that closing does not reset the connection under an answer
    /// that the client has not read yet (RFC 9112, 9.6).
    func discardArrived() {
        var block: [UInt8] = Array(repeating: 0, count: 16 * 1024)
        for _ in 0..<64 {
            let count = unsafe recv(descriptor, &block, block.count, Int32(MSG_DONTWAIT))
            if count <= 0 { return }
        }
    }

    /// Whether the other end has closed or reset the connection, as far as the kernel knows.
    var peerHasGone: Bool {
        var byte: UInt8 = 0
        let flags = Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)
        let count = unsafe recv(descriptor, &byte, 1, flags)
        return count == 0 || (count == -1 && errno != EAGAIN && errno != EINTR)
    }
}
