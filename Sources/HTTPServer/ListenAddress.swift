import Glibc
package import Posix

/// Where a server listens: an address of this machine and a port.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address to bind; nil means every address, IPv6 and IPv4.
    package let ip: IPAddress?
    /// The port; 0 lets the kernel choose a free one.
    package let port: UInt16

    /// An address and a port of our own making.
    package init(ip: IPAddress?, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    /// Any free port on 127.0.0.1, for tests and local tools.
    package static let anyLoopbackPort = ListenAddress(ip: .v4(0x7F00_0001), port: 0)

    /// Reads `127.0.0.1:8787`, `[::1]:0`, `:8787` (every address) or `localhost:8787` (127.0.0.1).
    ///
    /// - Parameter text: What the user wrote.
    /// - Throws: ``ListenAddressError`` when it has another form. Names other than `localhost` are not looked up.
    package init(_ text: String) throws(ListenAddressError) {
        guard let colon = text.lastIndex(of: ":") else { throw ListenAddressError(text: text, problem: .portMissing) }
        let host = text[..<colon]
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else {
            throw ListenAddressError(text: text, problem: .portInvalid)
        }
        self.port = port
        if host.isEmpty {
            ip = nil
        } else if host == "localhost" {
            ip = .v4(0x7F00_0001)
        } else if let address = IPAddress(host: host) {
            ip = address
        } else {
            throw ListenAddressError(text: text, problem: .hostInvalid)
        }
    }

    package var description: String {
        guard let ip else { return ":\(port)" }
        return InternetAddress(ip: ip, port: port).description
    }
}

extension IPAddress {
    /// Reads an IPv4 address, or an IPv6 address in brackets.
    fileprivate init?(host: Substring) {
        if host.hasPrefix("["), host.hasSuffix("]") {
            var address = in6_addr()
            guard unsafe inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &address) == 1 else { return nil }
            let halves = unsafe withUnsafeBytes(of: &address) { bytes in
                (0..<2).map { unsafe bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self).bigEndian }
            }
            self = .v6(high: halves[0], low: halves[1])
        } else {
            var address = in_addr()
            guard unsafe inet_pton(AF_INET, String(host), &address) == 1 else { return nil }
            self = .v4(UInt32(bigEndian: address.s_addr))
        }
    }
}

/// A listen address that could not be read.
package struct ListenAddressError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with it.
    package enum Problem: String, Sendable {
        case portMissing, portInvalid, hostInvalid
    }

    /// What was given.
    package let text: String
    /// What is wrong with it.
    package let problem: Problem

    package var description: String {
        let reason =
            switch problem {
            case .portMissing: "it has no port"
            case .portInvalid: "the port is not a number from 0 to 65535"
            case .hostInvalid: "the host is not an IP address (IPv6 goes in brackets)"
            }
        return "'\(text)' is no address to listen on: \(reason). "
            + "Write 127.0.0.1:8787, [::1]:8787, localhost:8787, or :8787 for every address."
    }
}
