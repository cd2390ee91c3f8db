package import Posix

/// Who sent a request: the IP address (IPv4 even when it came over a dual-stack socket) and the port.
package typealias PeerAddress = InternetAddress

/// What to do with a request whose head is there.
package enum HeadDecision: Sendable {
    /// Receive the body, of at most so many bytes; nil leaves the server's limit, which also bounds it.
    case receive(bodyBytesMax: Int?)
    /// Answer now, without the body; where a body was announced the connection closes after the answer.
    case answer(HTTPResponse)

    /// Receive the body, within the server's limit.
    package static let receive = HeadDecision.receive(bodyBytesMax: nil)
}

/// What answers the requests.
///
/// Both functions are called on an event loop's thread, for several connections at once by several loops. What takes
/// longer than a few microseconds holds up every other connection of that loop: suspend the exchange instead.
package protocol HTTPHandler: Sendable {
    /// Decides on a request before any of its body is received.
    func decide(on head: borrowing HTTPRequestHead, from peer: PeerAddress) -> HeadDecision

    /// Answers a request that is wholly there: by `exchange.respond`, or later by what `exchange.suspend` gives.
    func handle(_ request: HTTPRequest, _ exchange: consuming HTTPExchange)
}
