extension IPAddress {
    /// Whether the address is one of the public internet's: not this machine, a private network, a link, or a group.
    ///
    /// The ranges are those of RFC 6890 and the registries behind it
    /// (https://www.iana.org/assignments/iana-ipv4-special-registry, …/iana-ipv6-special-registry) that are not globally
    /// reachable. An IPv6 address that stands for an IPv4 one is what that one is.
    package var isPublic: Bool {
        switch unwrapped {
        case .v4(let number): !Self.reserved.contains { number >> (32 - $0.bits) == $0.prefix >> (32 - $0.bits) }
        case .v6(let high, let low): Self.isPublic(high, low)
        }
    }

    private static let reserved: [(prefix: UInt32, bits: UInt32)] = [
        (0x0000_0000, 8),  // 0.0.0.0/8, this network
        (0x0A00_0000, 8),  // 10.0.0.0/8
        (0x6440_0000, 10),  // 100.64.0.0/10, shared by a provider's customers
        (0x7F00_0000, 8),  // 127.0.0.0/8
        (0xA9FE_0000, 16),  // 169.254.0.0/16, links, and the clouds' metadata
        (0xAC10_0000, 12),  // 172.16.0.0/12
        (0xC000_0000, 24),  // 192.0.0.0/24, protocols
        (0xC000_0200, 24),  // 192.0.2.0/24, documentation
        (0xC0A8_0000, 16),  // 192.168.0.0/16
        (0xC612_0000, 15),  // 198.18.0.0/15, benchmarks
        (0xC633_6400, 24),  // 198.51.100.0/24, documentation
        (0xCB00_7100, 24),  // 203.0.113.0/24, documentation
        (0xE000_0000, 4),  // 224.0.0.0/4, groups
        (0xF000_0000, 4),  // 240.0.0.0/4, reserved, and the broadcast address
    ]

    private static func isPublic(_ high: UInt64, _ low: UInt64) -> Bool {
        // 64:ff9b::/96, an IPv4 address behind a translator (RFC 6052).
        if high == 0x0064_FF9B_0000_0000, low >> 32 == 0 {
            return IPAddress.v4(UInt32(truncatingIfNeeded: low)).isPublic
        }
        // 2002::/16, 6to4: the IPv4 address is in the second and third group (RFC 3056).
        if high >> 48 == 0x2002 { return IPAddress.v4(UInt32(truncatingIfNeeded: high >> 16)).isPublic }
        // 2001::/23 are protocols (Teredo among them), 2001:db8::/32 is documentation.
        if high >> 41 == 0x2001_0000_0000_0000 >> 41 || high >> 32 == 0x2001_0DB8 { return false }
        // Everything that is handed out to anybody is in 2000::/3 (https://www.iana.org/assignments/ipv6-address-space).
        return high >> 61 == 1
    }
}
