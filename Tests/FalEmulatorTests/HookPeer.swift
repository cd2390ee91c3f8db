import Crypto
import Foundation
import HTTPClient
import TestSupport
import Webhook

@testable import FalEmulator

/// A hook on loopback: it answers deliveries with the statuses it was given, the last one for ever.
final class HookPeer: Sendable {
    private let peer: LoopbackPeer

    init(_ statuses: Int...) {
        peer = LoopbackPeer { connection, number in
            guard connection.readRequest() != nil else { return }
            let status = statuses[min(number, statuses.count - 1)]
            let location = (300..<400).contains(status) ? "Location: /elsewhere\r\n" : ""
            connection.write("HTTP/1.1 \(status) Status\r\n\(location)Content-Length: 0\r\nConnection: close\r\n\r\n")
        }
    }

    deinit { peer.stop() }

    var url: String { peer.url("/hook") }
    var deliveries: [PeerRequest] { peer.requests }

    /// Waits until so many deliveries have come.
    func waitFor(_ count: Int) async -> Bool {
        await eventually { self.deliveries.count >= count }
    }
}

/// What a receiver that follows fal's documentation makes of a delivery.
func verdict(on delivery: PeerRequest, _ fixture: ServiceFixture) throws -> Result<VerifiedDelivery, WebhookRejection> {
    let published = try fixture.send(.get, "/.well-known/jwks.json", key: nil).body
    let keys = try KeySet(parsing: published.span)
    let body = delivery.body
    do throws(WebhookRejection) {
        let headers = try WebhookHeaders { name in
            delivery.header(name.rawValue).map { .once(Array($0.utf8)[...]) } ?? .none
        }
        let verified = try WebhookVerifier.verify(
            headers: headers,
            body: body.span,
            now: .seconds(Date().timeIntervalSince1970),
            keySet: keys,
            accounts: AccountPolicy(given: [EmulatorConfiguration.defaultAccount])
        )
        return .success(verified)
    } catch {
        return .failure(error)
    }
}

extension Result where Success == VerifiedDelivery, Failure == WebhookRejection {
    /// The rejection's code; nil when it was accepted.
    var rejection: WebhookRejection.Code? {
        if case .failure(let error) = self { error.code } else { nil }
    }
}
