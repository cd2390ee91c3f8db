import Posix
import Threading

/// Many subscribers of one event socket, on one thread: some read all they can, some nothing, some a byte
/// a second.
final class SubscriberSwarm {
    /// How a subscriber behaves.
    enum Manner: Equatable, Sendable {
        /// Reads what there is.
        case live
        /// Reads nothing.
        case stopped
        /// Reads one byte a second.
        case trickling
        /// Wants a type of event that never comes.
        case idle
    }

    private struct State: Sendable {
        var isOver = false
        var slowest: UInt64 = 0
        var audits: [EventAudit] = []
        var failure: String?
    }

    private let state = Monitor(State())
    private var thread: WorkerThread?

    private static let chunkBytes = 256 << 10
    /// How often it is looked how far the slowest is.
    private static let lookInterval = Duration.milliseconds(20)
    /// How long a full backlog is waited for, in steps of a millisecond.
    private static let connectAttempts = 10_000

    /// Connects all of them, each to everything behind an id.
    ///
    /// - Parameters:
    ///   - socket: The event socket.
    ///   - id: The last event before those they want.
    ///   - manners: One for each subscriber.
    /// - Throws: ``BenchmarkFailure`` when one cannot connect.
    init(_ socket: String, after id: UInt64, _ manners: [Manner]) throws {
        OpenFilesLimit.raise()
        var numbers: [(Int32, Manner)] = []
        for manner in manners {
            let descriptor = try Self.connect(socket)
            let filter = manner == .idle ? ",\"types\":[\"fal.media.failed\"]" : ""
            let request = Array("{\"op\":\"subscribe\",\"after\":\"\(id)\"\(filter)}\n".utf8)
            guard case .bytes(request.count) = UnixSocket.send(request.span, to: descriptor.number) else {
                throw BenchmarkFailure("a subscriber could not say what it wants")
            }
            numbers.append((descriptor.release(), manner))
        }
        state.withLock { $0.slowest = id }
        let state = state
        thread = WorkerThread(name: "subscribers") { [numbers] in
            do throws(SystemCallError) {
                try Self.run(numbers, after: id, state)
            } catch {
                state.withLock { $0.failure = "\(error)" }
            }
        }
    }

    /// The last event of the live one that is furthest behind.
    var slowest: UInt64 { state.withLock { $0.slowest } }

    /// Ends all of them.
    ///
    /// - Returns: What each live one was given.
    /// - Throws: ``BenchmarkFailure`` when they could not be watched.
    func finish() throws -> [EventAudit] {
        state.withLock { $0.isOver = true }
        thread?.join()
        let (audits, failure) = state.withLock { ($0.audits, $0.failure) }
        if let failure { throw BenchmarkFailure("the subscribers could not be watched: \(failure)") }
        return audits
    }

    private static func connect(_ socket: String) throws -> OwnedDescriptor {
        let path = try UnixSocketPath(socket)
        for _ in 0..<connectAttempts {
            do throws(UnixSocketError) {
                return try UnixSocket.connect(to: path)
            } catch {
                guard case .inUse = error else { throw BenchmarkFailure("a subscriber could not connect: \(error)") }
                pause(.milliseconds(1))
            }
        }
        throw BenchmarkFailure("the service does not accept subscribers")
    }

    private static func run(
        _ numbers: [(Int32, Manner)],
        after id: UInt64,
        _ state: Monitor<State>
    ) throws(SystemCallError) {
        // They stand for programs of others, which would not be on the service's processors.
        ThreadPriority.giveWay()
        let poller = try Poller()
        // Owned from here on: closed when the thread ends.
        let owned = numbers.map { Held(OwnedDescriptor(owning: $0.0)) }
        let trickling = numbers.filter { $0.1 == .trickling }.map(\.0)
        var audits = numbers.map { _ in EventAudit(after: id) }
        let live = numbers.indices.filter { numbers[$0].1 == .live }
        for index in live { try poller.add(numbers[index].0, token: UInt64(index), interest: .read) }
        var buffer = [UInt8](repeating: 0, count: chunkBytes)
        var one: [UInt8] = [0]
        var events: [Poller.Event] = []
        var nextLook = ContinuousClock.now
        var nextTrickle = ContinuousClock.now
        while true {
            try poller.wait(timeout: lookInterval, into: &events)
            for event in events {
                let index = Int(event.token)
                switch UnixSocket.receive(into: &buffer, from: numbers[index].0) {
                case .bytes(let count): audits[index].take(buffer, count: count)
                case .wouldBlock: continue
                case .ended: try poller.remove(numbers[index].0)
                }
            }
            let now = ContinuousClock.now
            if now >= nextTrickle {
                nextTrickle = now + .seconds(1)
                for number in trickling { _ = UnixSocket.receive(into: &one, from: number) }
            }
            guard now >= nextLook else { continue }
            nextLook = now + lookInterval
            let slowest = live.map { audits[$0].last }.min() ?? .max
            let isOver = state.withLock { state in
                state.slowest = slowest
                return state.isOver
            }
            if isOver { break }
        }
        state.withLock { $0.audits = live.map { audits[$0] } }
        withExtendedLifetime(owned) {}
    }

    /// A descriptor in an array, which holds copyable values only.
    private final class Held {
        let descriptor: OwnedDescriptor

        init(_ descriptor: consuming OwnedDescriptor) {
            self.descriptor = descriptor
        }
    }
}
