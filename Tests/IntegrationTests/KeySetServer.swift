import Crypto
import TestSupport
import Threading

/// A key-set server of a test: says what it is told to say, and counts who asks.
///
/// Stop it with ``stop()``.
final class KeySetServer: Sendable {
    private let answer: Monitor<String>
    private let peer: LoopbackPeer

    /// Serves the public halves of these keys.
    convenience init(_ keys: [Ed25519PrivateKey]) {
        self.init(answer: Self.response(200, Service.keySet(keys)))
    }

    /// Answers every request with these bytes.
    init(answer: String) {
        let answer = Monitor(answer)
        self.answer = answer
        peer = LoopbackPeer { connection, _ in
            while connection.readRequest() != nil { connection.write(answer.withLock { $0 }) }
        }
    }

    /// The address of the key set.
    var url: String { peer.url("/.well-known/jwks.json") }

    /// How often it was asked.
    var fetches: Int { peer.requests.count }

    /// From now on serves these keys.
    func serve(_ keys: [Ed25519PrivateKey]) {
        answer.withLock { $0 = Self.response(200, Service.keySet(keys)) }
    }

    /// Ends it; a connection to it is refused from then on.
    func stop() {
        peer.stop()
    }

    /// An HTTP response.
    static func response(_ status: Int, _ body: String, _ fields: String = "") -> String {
        "HTTP/1.1 \(status) X\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
    }
}
