import FalQueue
import Posix

/// Where events are sent, and whether that may be.
struct ForwardTarget: Sendable {
    /// Why nothing may be sent there.
    typealias Refusal = PrivateAddressError

    /// The URL; its query may be a secret.
    let url: AbsoluteURL
    /// Whether addresses of this machine and of private networks are taken.
    let allowsPrivate: Bool

    /// The target in words that may be shown.
    var name: String { url.origin }

    /// Looks up the host and checks every address that it has; blocks.
    ///
    /// A connection is then made to one of these and to no other, so that a name which changes its address between the
    /// check and the connection gains nothing.
    ///
    /// - Returns: The addresses in the order in which they should be tried.
    /// - Throws: ``Refusal``, `NameResolutionError`.
    func addresses() throws -> [InternetAddress] {
        let addresses = try InternetAddress.resolve(url.host, port: url.effectivePort)
        if !allowsPrivate { try InternetAddress.requirePublic(addresses, of: url.host) }
        return addresses
    }
}
