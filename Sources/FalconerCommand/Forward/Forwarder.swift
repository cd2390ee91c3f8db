import HTTPClient
import Posix

/// What `--forward-to` does with each event: one POST of the event as it is in the journal.
///
/// The body is a CloudEvent in structured mode
/// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#32-structured-content-mode).
struct Forwarder: EventWorker {
    /// The body's type.
    static let contentType = "application/cloudevents+json"
    /// How many of a host's addresses are tried.
    static let addressesMax = 4
    /// The longest answer that is read; what it says does not matter.
    static let answerBytesMax = 1 << 20

    private let target: ForwardTarget
    private let signer: WebhookSigner
    private let clients: HTTPClientPool

    /// Makes a forwarder; it connects when there is an event.
    ///
    /// - Parameters:
    ///   - target: Where to.
    ///   - signer: Signs each request.
    ///   - timeout: How long one request may take.
    ///   - concurrency: How many requests there are at once.
    init(_ target: ForwardTarget, _ signer: WebhookSigner, timeout: Duration, concurrency: Int) {
        self.target = target
        self.signer = signer
        var options = HTTPClientOptions()
        options.totalTimeout = timeout
        options.responseBytesMax = Self.answerBytesMax
        options.connectionReuse = .never
        clients = HTTPClientPool(options, idleClientsMax: concurrency)
    }

    func cancel() {
        clients.cancel()
    }

    func work(on delivery: DeliveredEvent) -> WorkOutcome {
        let addresses: [InternetAddress]
        do {
            addresses = try target.addresses()
        } catch {
            return .failed("\(error)")
        }
        let body = delivery.event.bytes
        var headers: HTTPHeaders = ["Content-Type": Self.contentType]
        for (name, value) in signer.fields(id: Self.messageID(delivery), time: .now, body: body) {
            headers.add(name, value)
        }
        var request = HTTPRequest(method: .post, url: "\(target.url)", headers: headers, body: body)
        var failure = "no address"
        for address in addresses.prefix(Self.addressesMax) {
            request.connectsTo = "\(address)"
            do throws(HTTPClientError) {
                return Self.outcome(of: try clients.send(request), now: .now)
            } catch {
                if error.kind == .cancelled { return .interrupted }
                failure = error.detail
                guard error.kind == .connect else { break }
            }
        }
        return .failed(failure)
    }

    /// The event's id for the receiver, the same in every journal for this event alone, and each time that it is sent.
    static func messageID(_ delivery: DeliveredEvent) -> String {
        let source = (delivery.event.string("source") ?? "").split(separator: ":").last ?? ""
        return "msg_\(source.filter { $0 != "." })_\(delivery.id)"
    }

    /// What an answer means.
    static func outcome(of response: HTTPResponse, now: WallTime) -> WorkOutcome {
        let answer = "the receiver answered \(response.status)"
        switch response.status {
        case 200..<300: return .done
        case 300..<400: return .failed("\(answer): redirects are not followed")
        // "410 Gone": it wants no more of these, so another try is not welcome.
        case 410: return .refused(answer)
        case 429, 503:
            guard let delay = response.headers["Retry-After"].flatMap({ RetryAfter.delay($0, now: now) }) else {
                return .failed(answer)
            }
            return .later(after: delay, answer)
        default: return .failed(answer)
        }
    }
}
