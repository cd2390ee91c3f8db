import FoundationEssentials
import Posix

/// What the service says about its consumers, each asked over a connection of its own.
struct StreamCommands {
    /// A consumer in the list.
    struct Entry: Decodable {
        var name: String
        var lagEvents: Int
        var inFlight: Int
        var waiting: Int
    }

    private struct Hello: Decodable {
        var last: String
    }

    private struct List: Decodable {
        var consumers: [Entry]
    }

    private struct ParkedList: Decodable {
        struct Event: Decodable {
            var id: String
            var reason: String
        }

        var parked: [Event]
    }

    private let socket: String
    /// The last event.
    private(set) var last: UInt64 = 0
    /// The consumers; empty when the service does not say.
    private(set) var consumers: [Entry] = []
    /// The answer as it came.
    private(set) var text = ""

    init(_ socket: String) {
        self.socket = socket
        let lines = ask(#"{"op":"consumers"}"#)
        if let hello: Hello = decode(lines.first) { last = UInt64(hello.last) ?? 0 }
        if let list: List = decode(lines.last) { consumers = list.consumers }
        text = String(decoding: lines.last ?? [], as: UTF8.self)
    }

    /// The events that a consumer has parked, each with a reason.
    func parked(in consumer: String) -> Set<UInt64> {
        let lines = ask(#"{"op":"parked","action":"list","consumer":"\#(consumer)"}"#)
        guard let list: ParkedList = decode(lines.last) else { return [] }
        return Set(list.parked.compactMap { $0.reason.isEmpty ? nil : UInt64($0.id) })
    }

    /// The first two lines: `hello` and the answer.
    private func ask(_ request: String) -> [[UInt8]] {
        guard let path = try? UnixSocketPath(socket), let descriptor = try? UnixSocket.connect(to: path) else {
            return []
        }
        let bytes = Array("\(request)\n".utf8)
        _ = UnixSocket.send(bytes.span, to: descriptor.number)
        var lines: [[UInt8]] = []
        follow(descriptor.number) { line in
            lines.append(line)
            return lines.count < 2
        }
        return lines
    }

    private func decode<Value: Decodable>(_ line: [UInt8]?) -> Value? {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return line.flatMap { try? decoder.decode(Value.self, from: Data($0)) }
    }
}
