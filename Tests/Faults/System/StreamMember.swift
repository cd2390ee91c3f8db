import Glibc
import Posix
import Threading

/// One client of a consumer, on a thread of its own, that comes back whenever its connection ends.
final class StreamMember {
    /// What the clients are to do.
    enum Phase: Equatable, Sendable {
        /// Be slow, crash, refuse.
        case unruly
        /// Finish whatever comes.
        case calm
        /// End.
        case over
    }

    private let plan: StreamPlan
    private let socket: String
    private let ledger: Monitor<ConsumerLedger>
    private let phase: Monitor<Phase>
    private let onLine: @Sendable ([UInt8]) -> Void
    private var random: SplitMix
    private var openings: Int
    private var buffer = [UInt8](repeating: 0, count: 65_536)
    /// The last event that an acknowledgement is still to cover.
    private var owed: UInt64?
    private var owedCount = 0

    /// Starts a client; `number` tells it from the consumer's others.
    static func start(
        _ plan: StreamPlan,
        number: Int,
        seed: UInt64,
        socket: String,
        ledger: Monitor<ConsumerLedger>,
        phase: Monitor<Phase>,
        onLine: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) -> WorkerThread {
        WorkerThread(name: plan.name) {
            let member = StreamMember(plan, number, seed, socket, ledger, phase, onLine)
            while member.current != .over, !Interruption.isRequested { member.connectOnce() }
        }
    }

    private init(
        _ plan: StreamPlan,
        _ number: Int,
        _ seed: UInt64,
        _ socket: String,
        _ ledger: Monitor<ConsumerLedger>,
        _ phase: Monitor<Phase>,
        _ onLine: @escaping @Sendable ([UInt8]) -> Void
    ) {
        self.plan = plan
        self.socket = socket
        self.ledger = ledger
        self.phase = phase
        self.onLine = onLine
        random = SplitMix(seed: seed)
        openings = number << 32
    }

    private var current: Phase { phase.withLock { $0 } }

    /// One connection, from its beginning to its end.
    private func connectOnce() {
        openings += 1
        owed = nil
        owedCount = 0
        let opening = openings
        let next = ledger.withLock { ledger in
            ledger.began(opening)
            return ledger.next
        }
        guard let path = try? UnixSocketPath(socket), let descriptor = try? UnixSocket.connect(to: path) else {
            rest(.milliseconds(10))
            return
        }
        let start = plan.mode == .plain ? #","after":"\#(next - 1)""# : #","from":"first""#
        guard say(#"{"op":"subscribe"\#(start)\#(plan.options)}"#, to: descriptor.number) else { return }
        var pending: [UInt8] = []
        while current != .over, !Interruption.isRequested {
            var polled = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
            if poll(&polled, 1, 20) == 0, !settleDebt(descriptor.number) { return }
            switch UnixSocket.receive(into: &buffer, from: descriptor.number) {
            case .ended: return
            case .wouldBlock: continue
            case .bytes(let count): pending += buffer[..<count]
            }
            var start = 0
            while let end = pending[start...].firstIndex(of: 0x0A) {
                guard take(Array(pending[start..<end]), opening, descriptor.number) else { return }
                start = end + 1
            }
            pending.removeFirst(start)
        }
    }

    /// Deals with a line; false ends the connection.
    private func take(_ line: [UInt8], _ opening: Int, _ descriptor: Int32) -> Bool {
        let words = String(decoding: line.prefix(200), as: UTF8.self).split(
            separator: "\"",
            omittingEmptySubsequences: false
        )
        let id = words.firstIndex(of: "id").flatMap { $0 + 2 < words.count ? UInt64(words[$0 + 2]) : nil }
        guard words.count > 3 else { return complain("it was sent \(line.count) bytes that are no line") }
        guard words[1] == "frame" else {
            guard let id else { return complain("an event has no id") }
            onLine(line)
            return event(id, nil, opening, descriptor)
        }
        switch (words[3], id) {
        case ("delivery", let id?):
            let number = Int(words[10].filter { ("0"..."9").contains($0) })
            return event(id, number ?? 0, opening, descriptor)
        case ("acked", let id?): ledger.withLock { $0.settled(id, on: opening) }
        case ("dead", let id?): ledger.withLock { $0.died(id) }
        case ("hello", _), ("caught_up", _), ("heartbeat", _): break
        case ("bye", _): return false
        case ("error", _) where words.contains("consumer_busy"):
            // The service has yet to notice that the connection before is gone.
            rest(.milliseconds(5))
            return false
        default: return complain("it was sent \(String(decoding: line.prefix(300), as: UTF8.self))")
        }
        return true
    }

    private func complain(_ text: String) -> Bool {
        ledger.withLock { $0.add(text) }
        return false
    }

    private func event(_ id: UInt64, _ number: Int?, _ opening: Int, _ descriptor: Int32) -> Bool {
        ledger.withLock { $0.given(id, number: number, on: opening) }
        let isUnruly = current == .unruly
        if isUnruly, plan.thinking > .zero {
            rest(.milliseconds(Int.random(in: 0...Int(plan.thinking / .milliseconds(1)), using: &random)))
        }
        var chance = isUnruly ? Int.random(in: 0..<1_000, using: &random) : 1_000
        chance -= plan.crashes
        if chance < 0 { return false }
        guard plan.mode == .upto || plan.mode == .each else { return true }
        chance -= plan.silences
        if chance < 0 { return true }
        if plan.mode == .upto { return owe(id, descriptor) }
        chance -= plan.terminations
        if chance < 0 { return say(#"{"op":"term","id":"\#(id)","reason":"no use"}"#, to: descriptor) }
        chance -= plan.refusals
        if chance < 0 {
            let delay = Int.random(in: 0...200, using: &random)
            return say(#"{"op":"nak","id":"\#(id)","delay_s":\#(Double(delay) / 1_000)}"#, to: descriptor)
        }
        if chance.isMultiple(of: 50), !say(#"{"op":"progress","id":"\#(id)"}"#, to: descriptor) { return false }
        return acknowledge(id, descriptor)
    }

    private func owe(_ id: UInt64, _ descriptor: Int32) -> Bool {
        owed = id
        owedCount += 1
        guard owedCount >= Int.random(in: 1...plan.acknowledgesEvery, using: &random) else { return true }
        return settleDebt(descriptor)
    }

    private func settleDebt(_ descriptor: Int32) -> Bool {
        guard let id = owed else { return true }
        owed = nil
        owedCount = 0
        return acknowledge(id, descriptor)
    }

    private func acknowledge(_ id: UInt64, _ descriptor: Int32) -> Bool {
        ledger.withLock { $0.acknowledges(id) }
        return say(#"{"op":"ack","id":"\#(id)"}"#, to: descriptor)
    }

    /// Sends a line; false when the service does not take it.
    private func say(_ text: String, to descriptor: Int32) -> Bool {
        let bytes = Array("\(text)\n".utf8)
        var sent = 0
        while sent < bytes.count {
            switch UnixSocket.send(bytes.span.extracting(sent..<bytes.count), to: descriptor) {
            case .bytes(let count): sent += count
            case .closed: return false
            case .wouldBlock:
                var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                guard poll(&polled, 1, 2_000) > 0 else { return false }
            }
        }
        return true
    }
}
