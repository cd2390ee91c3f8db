/// A host that leads to this machine, a private network, or another place that is no public address.
package struct PrivateAddressError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The host as it was named.
    package let host: String
    /// The first of its addresses that is not public.
    package let address: IPAddress

    package var description: String { "\(host) is \(address), which is no public address" }
}

extension InternetAddress {
    /// Refuses a host as soon as one of its addresses is not public, so that no order of trying them matters.
    ///
    /// - Parameters:
    ///   - addresses: Every address that the host was found to have.
    ///   - host: Its name, for the error.
    /// - Throws: ``PrivateAddressError``.
    package static func requirePublic(
        _ addresses: [InternetAddress],
        of host: String
    ) throws(PrivateAddressError) {
        guard let address = addresses.first(where: { !$0.ip.isPublic }) else { return }
        throw PrivateAddressError(host: host, address: address.ip)
    }
}
