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
        var run = LoadRun(plan: self, deliveries: deliveries)
        return run.toTheEnd(onAnswer)
    }
}

private struct LoadRun {
    let plan: Load
    let deliveries: [SignedDelivery]
    var connections: [LoadConnection] = []
    var next = 0
    var result = LoadResult()
    let start = ContinuousClock.now
    var buffer = [UInt8](repeating: 0, count: 65_536)

    init(plan: Load, deliveries: [SignedDelivery]) {
        self.plan = plan
        self.deliveries = deliveries
        result.latencies.reserveCapacity(deliveries.count)
    }

    mutating func toTheEnd(_ onAnswer: (Int, Int) -> Void) -> LoadResult {
        for _ in 0..<plan.connections {
            var connection = LoadConnection()
            if begin(&connection) { connections.append(connection) }
        }
        var lastAnswer = start
        while !connections.isEmpty, start.duration(to: .now) < plan.limit {
            for index in readyConnections().reversed() {
                var connection = connections[index]
                let goesOn = advance(&connection) { delivery, status in
                    lastAnswer = .now
                    onAnswer(delivery, status)
                }
                if goesOn {
                    connections[index] = connection
                } else {
                    connections.remove(at: index)
                }
            }
        }
        for connection in connections {
            if connection.delivery != nil { result.unanswered += 1 }
            close(connection.descriptor)
        }
        result.elapsed = start.duration(to: lastAnswer)
        return result
    }

    /// The connections that poll reports, in ascending order.
    private func readyConnections() -> [Int] {
        var polled = connections.map { connection in
            let events = connection.outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT
            return pollfd(fd: connection.descriptor, events: Int16(events), revents: 0)
        }
        guard unsafe poll(&polled, nfds_t(polled.count), 100) > 0 else { return [] }
        return polled.indices.filter { polled[$0].revents != 0 }
    }

    /// Gives a connection its next delivery; false when there is none or it cannot connect.
    private mutating func begin(_ connection: inout LoadConnection) -> Bool {
        let isOver = plan.sendingTime.map { start.duration(to: .now) >= $0 } ?? false
        guard next < deliveries.count, !isOver else {
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
        connection.delivery = next
        connection.outgoing = deliveries[next].bytes[...]
        connection.startedAt = .now
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

    private mutating func advance(_ connection: inout LoadConnection, _ onAnswer: (Int, Int) -> Void) -> Bool {
        guard send(&connection) else { return false }
        let count = unsafe recv(connection.descriptor, &buffer, buffer.count, 0)
        if count == -1, errno == EAGAIN || errno == EINTR { return true }
        guard count > 0 else { return lose(connection) }
        switch connection.receive(buffer[..<count]) {
        case .incomplete:
            return true
        case .malformed:
            return lose(connection)
        case .answered(let status, let isLast):
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
                onAnswer(delivery, status)
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
