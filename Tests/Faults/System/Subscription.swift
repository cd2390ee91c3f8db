import Posix

/// A connection to the service's socket, closed when the value goes.
final class Subscription {
    private let descriptor: OwnedDescriptor

    /// Connects.
    init(to socket: String) throws {
        descriptor = try UnixSocket.connect(to: UnixSocketPath(socket))
    }

    /// How many events there are up to now.
    func eventsUntilNow() -> Int {
        let request = Array("{\"op\":\"subscribe\",\"from\":\"first\",\"until\":\"now\"}\n".utf8)
        _ = UnixSocket.send(request.span, to: descriptor.number)
        var events = 0
        follow(descriptor.number) { line in
            if line.starts(with: Array("{\"specversion\"".utf8)) { events += 1 }
            return true
        }
        return events
    }

    /// Makes a named consumer that acknowledges up to an id, from the first event on.
    func makeConsumer(_ name: String) throws {
        let request =
            "{\"op\":\"consumer\",\"action\":\"create\",\"consumer\":\"\(name)\",\"from\":\"first\",\"ack\":\"upto\"}\n"
        let bytes = Array(request.utf8)
        _ = UnixSocket.send(bytes.span, to: descriptor.number)
        var answer = ""
        follow(descriptor.number) { line in
            answer = String(decoding: line, as: UTF8.self)
            return answer.contains("\"hello\"")
        }
        guard answer.hasPrefix("{\"frame\":\"reply\"") else { throw HarnessFailure("no consumer was made: \(answer)") }
    }
}
