import Posix
import Threading

/// A follower on a thread of its own, and what it has for its user; connects again until it is told to stop.
final class FollowSession: Sendable {
    /// How many events wait for the user before no more are read; the service keeps the others.
    static let waitingMax = 256

    /// An event on its way to the user.
    struct Item: Sendable {
        let event: FalconerEvent
        let number: Int?
        /// Which of the connections it came by.
        let connection: Int
    }

    private struct State: Sendable {
        var waiting: [Item] = []
        var taken = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isOver = false
        var failure: FalconerClientError?
        var isCancelled = false
        /// The number of the connection that is open; 0 for none.
        var connection = 0
        var output: [UInt8] = []
        var acknowledgements: [Int: CheckedContinuation<Bool, Never>] = [:]
        var lastReference = 0

        var count: Int { waiting.count - taken }
    }

    private let state = Monitor(State())
    private let wake: WakeUp
    private let path: String
    private let onNotice: @Sendable (FalconerNotice) -> Void

    init(path: String, onNotice: @escaping @Sendable (FalconerNotice) -> Void) throws(FalconerClientError) {
        self.path = path
        self.onNotice = onNotice
        do throws(SystemCallError) {
            wake = try WakeUp()
        } catch {
            throw FalconerClientError(code: .unreachable, message: "\(error)")
        }
    }

    // MARK: - For the user

    /// The next event; nil at the end, and when the task is cancelled.
    func next() async throws(FalconerClientError) -> Item? {
        while true {
            let (item, isOver, failure, hasRoom) = state.withLock {
                state -> (Item?, Bool, FalconerClientError?, Bool) in
                guard state.count > 0 else { return (nil, state.isOver || state.isCancelled, state.failure, false) }
                let item = state.waiting[state.taken]
                state.taken += 1
                if state.taken == state.waiting.count || state.taken >= Self.waitingMax {
                    state.waiting.removeFirst(state.taken)
                    state.taken = 0
                }
                return (item, false, nil, state.count == Self.waitingMax / 2)
            }
            if hasRoom { wake.call() }
            if let item { return item }
            if let failure { throw failure }
            if isOver || Task.isCancelled { return nil }
            await waitForNews()
        }
    }

    private func waitForNews() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isNews = state.withLock { state in
                    guard state.count == 0, !state.isOver, !state.isCancelled, !Task.isCancelled else { return true }
                    state.waiter = continuation
                    return false
                }
                if isNews { continuation.resume() }
            }
        } onCancel: {
            takeWaiter()?.resume()
        }
    }

    /// Sends a line on the connection of that number; false when that is gone.
    func send(_ line: [UInt8], on connection: Int) -> Bool {
        let isOpen = state.withLock { state in
            guard state.connection == connection, !state.isCancelled else { return false }
            state.output += line
            return true
        }
        if isOpen { wake.call() }
        return isOpen
    }

    /// Sends a line with a reference, and waits until the service says that it is on disk; false when the connection goes.
    func acknowledge(on connection: Int, _ line: @Sendable (_ reference: Int) -> [UInt8]) async -> Bool {
        await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            let isOpen = state.withLock { state in
                guard state.connection == connection, !state.isCancelled else { return false }
                state.lastReference += 1
                state.acknowledgements[state.lastReference] = continuation
                state.output += line(state.lastReference)
                return true
            }
            if isOpen { wake.call() } else { continuation.resume(returning: false) }
        }
    }

    /// Ends the thread, and what waits for it.
    func cancel() {
        state.withLock { $0.isCancelled = true }
        takeWaiter()?.resume()
        wake.call()
    }

    private func takeWaiter() -> CheckedContinuation<Void, Never>? {
        state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
    }

    // MARK: - On the thread

    /// Follows until there is nothing more to come.
    func run(_ goal: Follower.Goal) {
        var follower = Follower(goal)
        var backoff = Backoff()
        while !isCancelled {
            let failure = follow(&follower)
            closeConnection()
            if follower.hasProgressed { backoff.reset() }
            guard let failure, failure.isPassing, !isCancelled else {
                finish(failure)
                return
            }
            onNotice(.reconnecting(failure.message))
            pause(backoff.next(random: .random(in: 0...1)))
        }
        finish(nil)
    }

    /// One connection, from its first line to its end; nil when everything came, or the user has enough.
    private func follow(_ follower: inout Follower) -> FalconerClientError? {
        let connection: ClientConnection
        do throws(FalconerClientError) {
            connection = try ClientConnection(path: path, wake: wake)
        } catch {
            return error
        }
        var number = 0
        var deadline = ContinuousClock.now + ClientConnection.silenceMax
        while !isCancelled {
            let (output, hasRoom) = takeOutput()
            connection.send(output)
            switch connection.wait(until: deadline, takesLines: hasRoom) {
            case .woken: continue
            case .closed: return Self.unreachable("the service closed the connection")
            case .timedOut:
                // While nothing is read, silence says nothing.
                if hasRoom { return Self.unreachable("the service said nothing for \(ClientConnection.silenceMax)") }
            case .line(let line):
                if number == 0 {
                    switch follower.greeted(line) {
                    case .success(let subscription): connection.send(subscription)
                    case .failure(let error): return error
                    }
                    number = openConnection()
                } else {
                    switch perform(follower.received(line), number) {
                    case .goOn: break
                    case .end(let failure): return failure
                    }
                }
            }
            deadline = ContinuousClock.now + ClientConnection.silenceMax
        }
        return nil
    }

    private enum Verdict {
        case goOn
        case end(FalconerClientError?)
    }

    private func perform(_ action: Follower.Action, _ connection: Int) -> Verdict {
        switch action {
        case .nothing: break
        case .deliver(let event, let number):
            let waiter = state.withLock { state in
                state.waiting.append(Item(event: event, number: number, connection: connection))
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        case .notice(let notice): onNotice(notice)
        case .acknowledged(let reference):
            state.withLock { $0.acknowledgements.removeValue(forKey: reference) }?.resume(returning: true)
        case .end: return .end(nil)
        case .fail(let error): return .end(error)
        }
        return .goOn
    }

    private var isCancelled: Bool { state.withLock { $0.isCancelled } }

    private func takeOutput() -> (output: [UInt8], hasRoom: Bool) {
        state.withLock { state in
            defer { state.output = [] }
            return (state.output, state.count < Self.waitingMax)
        }
    }

    private func openConnection() -> Int {
        state.withLock { state in
            state.lastReference += 1
            state.connection = state.lastReference
            return state.connection
        }
    }

    private func closeConnection() {
        let waiting = state.withLock { state in
            state.connection = 0
            state.output = []
            defer { state.acknowledgements = [:] }
            return Array(state.acknowledgements.values)
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    private func finish(_ failure: FalconerClientError?) {
        state.withLock { state in
            state.isOver = true
            state.failure = failure
        }
        takeWaiter()?.resume()
    }

    private func pause(_ duration: Duration) {
        let deadline = ContinuousClock.now + duration
        while !isCancelled, ContinuousClock.now < deadline {
            wake.wait(until: deadline)
        }
    }

    private static func unreachable(_ message: String) -> FalconerClientError {
        FalconerClientError(code: .unreachable, message: message)
    }
}

/// Owns a session and its thread; both end with it.
final class SessionOwner: Sendable {
    let session: FollowSession
    private let thread: WorkerThread

    init(_ session: FollowSession, _ goal: Follower.Goal) {
        self.session = session
        thread = WorkerThread(name: "falconer") { session.run(goal) }
    }

    deinit {
        session.cancel()
        // The thread waits for nothing that the wake-up does not end.
        thread.join()
    }
}
