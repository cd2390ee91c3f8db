internal import HTTPServer
internal import Posix

/// Which hooks fal drops before any request: those on private, loopback and internal addresses.
enum PrivateTarget {
    /// Whether a URL's host is `localhost` or an address that is no public one; names are not looked up.
    static func isPrivate(_ url: String) -> Bool {
        guard let slashes = url.firstRange(of: "//") else { return false }
        let authority = url[slashes.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        if host.lowercased() == "localhost" || host.lowercased().hasSuffix(".localhost") { return true }
        guard let address = try? ListenAddress("\(host):0"), let ip = address.ip?.unwrapped else { return false }
        switch ip {
        case .v4(let number):
            // RFC 6890: this network, 10/8, 127/8, 169.254/16, 172.16/12, 192.168/16.
            return number >> 24 == 0 || number >> 24 == 10 || number >> 24 == 127 || number >> 16 == 0xA9FE
                || number >> 20 == 0xAC1 || number >> 16 == 0xC0A8
        case .v6(let high, let low):
            // ::, ::1, fc00::/7 and fe80::/10.
            return (high == 0 && low <= 1) || high >> 57 == 0x7E || high >> 54 == 0x3FA
        }
    }
}
