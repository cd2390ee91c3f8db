import Glibc
import Posix

/// One connection: lines in and out, with a wait that another thread can end; for one thread at a time.
final class ClientConnection {
    /// The most bytes of a line of the service.
    static let lineBytesMax = 32 << 20
    /// The service says something at least every 15 s; after three times that, it is taken for gone.
    static let silenceMax: Duration = .seconds(45)

    /// What ended a wait.
    enum Turn: Equatable {
        case line([UInt8])
        /// Somebody called the wake-up.
        case woken
        case timedOut
        case closed
    }

    private let descriptor: OwnedDescriptor
    private let wake: WakeUp
    private var input: [UInt8] = []
    private var start = 0
    private var searched = 0
    private var output: [UInt8] = []
    private var chunk = [UInt8](repeating: 0, count: 128 << 10)

    init(path: String, wake: WakeUp) throws(FalconerClientError) {
        do throws(UnixSocketError) {
            descriptor = try UnixSocket.connect(to: UnixSocketPath(path))
        } catch {
            throw FalconerClientError(code: .unreachable, message: "\(error)")
        }
        self.wake = wake
    }

    /// Queues bytes to be sent while waiting.
    func send(_ bytes: [UInt8]) {
        output.append(contentsOf: bytes)
    }

    /// Waits for a line, and sends what is queued.
    ///
    /// - Parameters:
    ///   - deadline: Until when.
    ///   - takesLines: Whether lines are wanted; otherwise they stay with the service.
    /// - Returns: What ended the wait.
    func wait(until deadline: ContinuousClock.Instant, takesLines: Bool = true) -> Turn {
        while true {
            if takesLines, let line = nextLine() { return .line(line) }
            if input.count - start > Self.lineBytesMax { return .closed }
            guard flush() else { return .closed }
            let left = ContinuousClock.now.duration(to: deadline)
            guard left > .zero else { return .timedOut }
            var entries = [
                pollfd(fd: wake.number, events: Int16(POLLIN), revents: 0),
                pollfd(
                    fd: descriptor.number,
                    events: Int16((takesLines ? POLLIN : 0) | (output.isEmpty ? 0 : POLLOUT)),
                    revents: 0
                ),
            ]
            let milliseconds = Int32(min((left / .milliseconds(1)).rounded(.up), 1_000_000_000))
            _ = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
            if entries[0].revents != 0 {
                wake.clear()
                return .woken
            }
            guard entries[1].revents != 0 else { continue }
            guard takesLines else {
                // A hang-up is told whether it is asked for or not, and again at once.
                if entries[1].revents & Int16(POLLHUP | POLLERR) != 0 { return .closed }
                continue
            }
            switch UnixSocket.receive(into: &chunk, from: descriptor.number) {
            case .bytes(let count): input.append(contentsOf: chunk[..<count])
            case .wouldBlock: continue
            case .ended: return nextLine().map(Turn.line) ?? .closed
            }
        }
    }

    private func flush() -> Bool {
        while !output.isEmpty {
            switch UnixSocket.send(output.span, to: descriptor.number) {
            case .bytes(let count): output.removeFirst(count)
            case .wouldBlock: return true
            case .closed: return false
            }
        }
        return true
    }

    private func nextLine() -> [UInt8]? {
        guard let end = input[searched...].firstIndex(of: 0x0A) else {
            searched = input.count
            return nil
        }
        let line = Array(input[start..<end])
        start = end + 1
        searched = start
        if start == input.count {
            input.removeAll(keepingCapacity: input.capacity <= 1 << 20)
            start = 0
            searched = 0
        } else if start > 1 << 20 {
            input.removeSubrange(..<start)
            searched -= start
            start = 0
        }
        return line
    }
}
