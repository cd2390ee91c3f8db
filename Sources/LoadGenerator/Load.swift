import Glibc
import Posix

/// A load of deliveries from one thread over many keep-alive connections, each sending its next one as soon as the last
/// is answered.
///
/// It only ever goes to this machine, and it ends by itself.
package struct Load: Sendable {
    /// The port on 127.0.0.1.
    package var port: UInt16
    /// How many connections.
    package var connections: Int
    /// How long at the most; deliveries still unanswered then count as such.
    package var limit: Duration
    /// After how long nothing new is sent; answers are still awaited until ``limit``.
    package var sendingTime: Duration?
    /// Whether each delivery gets a connection of its own.
    package var isConnectionPerDelivery = false
    /// How many connections that broke are made anew, all together; a delivery that was lost with one is not sent again.
    package var reconnectionsMax = 0

    /// How many deliveries are sent a second, whatever the answers do; nil sends each when the one before is answered.
    package var perSecond: Double?

    /// Plans a load.
    package init(port: UInt16, connections: Int, limit: Duration, sendingTime: Duration? = nil) {
        self.port = port
        self.connections = connections
        self.limit = limit
        self.sendingTime = sendingTime
    }

    /// Sends every delivery once, in order, and blocks until the answers are there.
    ///
    /// - Parameters:
    ///   - deliveries: What to send.
    ///   - onAnswer: Told of each answer as it comes: the delivery's index and the status.
    /// - Returns: What came of it.
    package func run(
        _ deliveries: [SignedDelivery],
        onAnswer: (_ delivery: Int, _ status: Int) -> Void = { _, _ in }
    ) -> LoadResult {
        run(supply: { $0 < deliveries.count ? deliveries[$0] : nil }, onAnswer: { onAnswer($0.delivery, $0.status) })
    }

    /// Sends deliveries as long as there are any, and blocks until the answers are there.
    ///
    /// - Parameters:
    ///   - supply: Called right before each delivery is sent, with its number from 0; nil ends the sending.
    ///   - onAnswer: Told of each answer once all of it has been read.
    /// - Returns: What came of it.
    package func run(supply: (Int) -> SignedDelivery?, onAnswer: (LoadAnswer) -> Void) -> LoadResult {
        withoutActuallyEscaping(supply) { supply in
            var run = LoadRun(plan: self, supply: supply)
            return run.toTheEnd(onAnswer)
        }
    }
}

private struct LoadRun {
    let plan: Load
    let supply: (Int) -> SignedDelivery?
    var connections: [LoadConnection] = []
    var next = 0
    var reconnections = 0
    var result = LoadResult()
    let start = ContinuousClock.now
    var buffer = [UInt8](repeating: 0, count: 65_536)

    init(plan: Load, supply: @escaping (Int) -> SignedDelivery?) {
        self.plan = plan
        self.supply = supply
    }

    mutating func toTheEnd(_ onAnswer: (LoadAnswer) -> Void) -> LoadResult {
        for _ in 0..<plan.connections {
            var connection = LoadConnection()
            if begin(&connection) { connections.append(connection) }
        }
        var lastAnswer = start
        while !connections.isEmpty, start.duration(to: .now) < plan.limit {
            beginWhatIsDue()
            for index in readyConnections().reversed() {
                var connection = connections[index]
                let goesOn = advance(&connection) { answer in
                    lastAnswer = .now
                    onAnswer(answer)
                }
                if goesOn {
                    connections[index] = connection
                } else {
                    connections.remove(at: index)
                }
            }
            replaceTheBroken()
        }
        for connection in connections {
            if connection.delivery != nil {
                result.unanswered += 1
                result.overdue += 1
            }
            close(connection.descriptor)
        }
        result.elapsed = start.duration(to: lastAnswer)
        return result
    }

    private var isOver: Bool { plan.sendingTime.map { start.duration(to: .now) >= $0 } ?? false }

    /// When the next delivery is to be sent.
    private var due: ContinuousClock.Instant {
        plan.perSecond.map { start + .microseconds(Int64(Double(next) * 1_000_000 / $0)) } ?? start
    }

    /// Gives what is due to connections that have nothing to do.
    private mutating func beginWhatIsDue() {
        for index in connections.indices.reversed() where connections[index].delivery == nil {
            guard isOver || due <= .now else { return }
            var connection = connections[index]
            if begin(&connection) { connections[index] = connection } else { connections.remove(at: index) }
        }
    }

    private mutating func replaceTheBroken() {
        while connections.count < plan.connections, reconnections < plan.reconnectionsMax {
            reconnections += 1
            var connection = LoadConnection()
            guard begin(&connection) else { return }
            connections.append(connection)
        }
    }

    /// The connections that poll reports, in ascending order.
    private func readyConnections() -> [Int] {
        var polled = connections.map { connection in
            let events = connection.outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT
            return pollfd(fd: connection.descriptor, events: Int16(events), revents: 0)
        }
        let patience: Int32 = plan.perSecond != nil && connections.contains { $0.delivery == nil } ? 1 : 100
        guard unsafe poll(&polled, nfds_t(polled.count), patience) > 0 else { return [] }
        return polled.indices.filter { polled[$0].revents != 0 }
    }

    /// Gives a connection its next delivery; false when there is none or it cannot connect.
    private mutating func begin(_ connection: inout LoadConnection) -> Bool {
        guard !isOver else {
            if connection.descriptor >= 0 { close(connection.descriptor) }
            return false
        }
        if connection.descriptor < 0 {
            guard let descriptor = connectToLoopback(port: plan.port) else {
                result.refusedConnections += 1
                return false
            }
            connection.descriptor = descriptor
        }
        let due = due
        // Nobody waits for an answer here, so a delivery that is late counts from when it was due.
        if plan.perSecond != nil, due > .now { return true }
        guard let delivery = supply(next) else {
            close(connection.descriptor)
            return false
        }
        connection.delivery = next
        connection.outgoing = delivery.bytes[...]
        connection.startedAt = plan.perSecond == nil ? .now : due
        next += 1
        return send(&connection)
    }

    private mutating func send(_ connection: inout LoadConnection) -> Bool {
        while !connection.outgoing.isEmpty {
            let sent = unsafe connection.outgoing.withUnsafeBytes { bytes in
                unsafe Glibc.send(connection.descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            if sent == -1, errno == EAGAIN || errno == EINTR { return true }
            guard sent > 0 else { return lose(connection) }
            connection.outgoing = connection.outgoing.dropFirst(sent)
        }
        return true
    }

    private mutating func advance(_ connection: inout LoadConnection, _ onAnswer: (LoadAnswer) -> Void) -> Bool {
        guard send(&connection) else { return false }
        let count = unsafe recv(connection.descriptor, &buffer, buffer.count, 0)
        if count == -1, errno == EAGAIN || errno == EINTR { return true }
        guard count > 0 else { return lose(connection) }
        switch connection.receive(buffer[..<count]) {
        case .incomplete:
            return true
        case .malformed:
            return lose(connection)
        case .answered(let status, let body, let isLast):
            let elapsed = connection.startedAt.duration(to: .now)
            result.latencies.append(
                UInt32(
                    clamping: elapsed.components.seconds * 1_000_000 + elapsed.components.attoseconds
                        / 1_000_000_000_000
                )
            )
            result.answers[status, default: 0] += 1
            if let delivery = connection.delivery {
                if status == 200 { result.stored.append(delivery) }
                onAnswer(LoadAnswer(delivery: delivery, status: status, body: body))
            }
            connection.delivery = nil
            if isLast || plan.isConnectionPerDelivery {
                close(connection.descriptor)
                connection = LoadConnection()
            }
            return begin(&connection)
        }
    }

    /// Gives up a connection whose delivery will not be answered.
    private mutating func lose(_ connection: LoadConnection) -> Bool {
        if connection.delivery != nil { result.unanswered += 1 }
        close(connection.descriptor)
        return false
    }
}

/// A connected, non-blocking socket to 127.0.0.1, or nothing.
private func connectToLoopback(port: UInt16) -> Int32? {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    // A listener whose queue is full does not say so: connect(2) would wait for minutes.
    var patience = timeval(tv_sec: 2, tv_usec: 0)
    _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
    var one: Int32 = 1
    _ = unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    guard connected, fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else {
        close(descriptor)
        return nil
    }
    return descriptor
}
