import Glibc

/// An IP address, of either family, without a port.
package enum IPAddress: Hashable, Sendable {
    /// An IPv4 address: its four bytes in network order, as one number.
    case v4(UInt32)
    /// An IPv6 address: its sixteen bytes in network order, as two numbers.
    case v6(high: UInt64, low: UInt64)

    /// The address without the IPv4-in-IPv6 wrapping that a dual-stack socket puts around it (RFC 4291, 2.5.5.2).
    package var unwrapped: IPAddress {
        guard case .v6(0, let low) = self, low >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: low))
    }
}

extension IPAddress: CustomStringConvertible {
    package var description: String {
        switch self {
        case .v4(let number):
            return (0..<4).map { String((number >> (24 - 8 * $0)) & 0xFF) }.joined(separator: ".")
        case .v6(let high, let low):
            // The form of RFC 5952, as inet_ntop(3) writes it; it fails only for want of room.
            var halves = (high.bigEndian, low.bigEndian)
            var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
            _ = unsafe inet_ntop(AF_INET6, &halves, &text, socklen_t(text.count))
            return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}

/// An IP address and a TCP port.
package struct InternetAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address.
    package var ip: IPAddress
    /// The port; 0 where the kernel is to choose.
    package var port: UInt16

    /// Puts an address and a port together.
    package init(ip: IPAddress, port: UInt16) {
        self.ip = ip
        self.port = port
    }

    package var description: String {
        switch ip {
        case .v4: "\(ip):\(port)"
        case .v6: "[\(ip)]:\(port)"
        }
    }
}
