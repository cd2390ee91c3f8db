import CLinux
import Glibc
import SystemPackage

/// A non-blocking socket that takes TCP connections; closed when the last reference goes.
///
/// Any number of threads may poll it and accept from it.
package final class TCPListener: Sendable {
    /// What came of trying to take a connection.
    package enum Outcome: ~Copyable {
        /// A connection, non-blocking and closed on exec, and who is at its other end.
        case connection(OwnedDescriptor, InternetAddress)
        /// Nothing waits.
        case nothing
        /// One waited and went, or could not be taken (accept(2) lists the passing errors); try the next.
        case lost
        /// The process or the system has no descriptor or memory left; what waits goes on waiting.
        case exhausted
    }

    private let descriptor: OwnedDescriptor

    /// The address it is bound to, with the port the kernel chose.
    package let boundAddress: InternetAddress

    /// The number to poll for reading.
    package var number: Int32 { descriptor.number }

    /// Binds and listens.
    ///
    /// - Parameters:
    ///   - ip: The address; nil for every one, IPv6 and IPv4, or IPv4 alone on a machine without IPv6.
    ///   - port: The port; 0 lets the kernel choose.
    /// - Throws: ``SystemCallError`` of the call that failed: EADDRINUSE, EADDRNOTAVAIL, EACCES, EMFILE.
    package init(ip: IPAddress?, port: UInt16) throws(SystemCallError) {
        let opened: OwnedDescriptor
        do {
            opened = try open(InternetAddress(ip: ip ?? .v6(high: 0, low: 0), port: port), takesBothFamilies: ip == nil)
        } catch  where ip == nil && error.errno == .addressFamilyNotSupported {
            opened = try open(InternetAddress(ip: .v4(0), port: port), takesBothFamilies: false)
        }
        let number = opened.number
        let bound = unsafe InternetAddress { address, length in
            unsafe getsockname(number, address, &length) == 0
        }
        guard let bound else { throw SystemCallError(call: "getsockname", errno: Errno(rawValue: errno)) }
        boundAddress = bound
        descriptor = opened
    }

    /// Takes the next connection, without waiting.
    package func accept() -> Outcome {
        let flags = CLinux_SOCK_NONBLOCK | CLinux_SOCK_CLOEXEC
        var accepted: Int32 = -1
        let peer = unsafe InternetAddress { address, length in
            unsafe accepted = CLinux_accept4(number, address, &length, flags)
            return accepted >= 0
        }
        guard accepted >= 0 else { return Self.outcome(of: errno) }
        let connection = OwnedDescriptor(owning: accepted)
        guard let peer else { return .lost }
        return .connection(connection, InternetAddress(ip: peer.ip.unwrapped, port: peer.port))
    }

    private static func outcome(of code: Int32) -> Outcome {
        switch code {
        case EAGAIN: .nothing
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: .exhausted
        default: .lost
        }
    }
}

/// How many connections wait in the kernel until they are taken; the kernel lowers it to net.core.somaxconn.
private let backlog: Int32 = 4096

private func open(_ address: InternetAddress, takesBothFamilies: Bool) throws(SystemCallError) -> OwnedDescriptor {
    let family = if case .v4 = address.ip { AF_INET } else { AF_INET6 }
    let type = Int32(SOCK_STREAM.rawValue) | CLinux_SOCK_NONBLOCK | CLinux_SOCK_CLOEXEC
    let subject = address.description
    let descriptor = OwnedDescriptor(
        owning: try systemCall("socket", on: subject) { socket(family, type, 0) }
    )
    let number = descriptor.number
    // A restart must not wait for the old connections' TIME_WAIT (socket(7)).
    try set(SO_REUSEADDR, at: SOL_SOCKET, to: 1, on: number)
    if family == AF_INET6 {
        try set(IPV6_V6ONLY, at: Int32(IPPROTO_IPV6), to: takesBothFamilies ? 0 : 1, on: number)
    }
    try systemCall("bind", on: subject) { unsafe address.withSocketAddress { unsafe bind(number, $0, $1) } }
    try systemCall("listen", on: subject) { listen(number, backlog) }
    return descriptor
}

private func set(_ option: Int32, at level: Int32, to value: Int32, on number: Int32) throws(SystemCallError) {
    var value = value
    let length = socklen_t(MemoryLayout<Int32>.size)
    try systemCall("setsockopt") { unsafe setsockopt(number, level, option, &value, length) }
}
