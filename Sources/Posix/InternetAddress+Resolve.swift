import Glibc

/// Why a host's name has no address.
package struct NameResolutionError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name.
    package let host: String
    /// What getaddrinfo(3) says.
    package let reason: String

    /// Says why a name has no address.
    package init(host: String, reason: String) {
        self.host = host
        self.reason = reason
    }

    package var description: String { "\(host) has no address: \(reason)" }
}

extension InternetAddress {
    /// Looks up a host's addresses, in the order in which they should be tried (getaddrinfo(3)); blocks.
    ///
    /// - Parameters:
    ///   - host: A name or an address as a URL has it, an IPv6 one with or without brackets.
    ///   - port: The port that each gets.
    /// - Returns: At least one address.
    /// - Throws: ``NameResolutionError``.
    package static func resolve(_ host: String, port: UInt16) throws(NameResolutionError) -> [InternetAddress] {
        let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
        var hints = unsafe addrinfo()
        unsafe hints.ai_family = AF_UNSPEC
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(name, nil, &hints, &list)
        guard code == 0, let first = unsafe list else {
            throw NameResolutionError(host: host, reason: unsafe String(cString: gai_strerror(code)))
        }
        defer { unsafe freeaddrinfo(first) }
        var addresses: [InternetAddress] = []
        var next: UnsafeMutablePointer<addrinfo>? = unsafe first
        while let entry = unsafe next {
            let address = unsafe InternetAddress { target, length in
                guard let source = unsafe entry.pointee.ai_addr, unsafe entry.pointee.ai_addrlen <= length else {
                    return false
                }
                length = unsafe entry.pointee.ai_addrlen
                unsafe memcpy(target, source, Int(length))
                return true
            }
            if let address { addresses.append(InternetAddress(ip: address.ip, port: port)) }
            unsafe next = unsafe entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw NameResolutionError(host: host, reason: "no address of a family known") }
        return addresses
    }
}
