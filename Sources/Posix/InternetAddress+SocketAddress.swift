package import Glibc

extension InternetAddress {
    /// Calls `body` with the address in the kernel's form, valid only inside.
    package func withSocketAddress<Result>(
        _ body: (_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Result
    ) -> Result {
        switch ip {
        case .v4(let number):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = number.bigEndian
            return unsafe withGenericPointer(to: &address, body)
        case .v6(let high, let low):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            unsafe withUnsafeMutableBytes(of: &address.sin6_addr) { bytes in
                unsafe bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
                unsafe bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
            }
            return unsafe withGenericPointer(to: &address, body)
        }
    }

    /// Lets a system call fill in an address, and reads it; nil when it is of no IP family or the call failed.
    ///
    /// - Parameter call: The call, given room for any address; returns false when it failed.
    package init?(
        filledBy call: (_ address: UnsafeMutablePointer<sockaddr>, _ length: inout socklen_t) -> Bool
    ) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let filled = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe call($0, &length) }
        }
        guard filled else { return nil }
        switch Int32(storage.ss_family) {
        case AF_INET:
            let address = unsafe withUnsafeBytes(of: &storage) { unsafe $0.loadUnaligned(as: sockaddr_in.self) }
            let number = UInt32(bigEndian: address.sin_addr.s_addr)
            self.init(ip: .v4(number), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6:
            var address = unsafe withUnsafeBytes(of: &storage) { unsafe $0.loadUnaligned(as: sockaddr_in6.self) }
            let ip = unsafe withUnsafeBytes(of: &address.sin6_addr) { bytes in
                IPAddress.v6(
                    high: unsafe bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self).bigEndian,
                    low: unsafe bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
                )
            }
            self.init(ip: ip, port: UInt16(bigEndian: address.sin6_port))
        default:
            return nil
        }
    }
}

/// Views one of the families' own structures as the generic one, as the socket calls want it.
private func withGenericPointer<Address, Result>(
    to address: inout Address,
    _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result {
    unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
            unsafe body(generic, socklen_t(MemoryLayout<Address>.size))
        }
    }
}
