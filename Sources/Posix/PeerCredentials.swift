import CLinux
import Glibc

/// Who is at the other end of a Unix socket, as of its connect (unix(7), SO_PEERCRED).
package struct PeerCredentials: Equatable, Sendable {
    /// The process that connected; it may be gone, and its number in use again, so decide nothing by it.
    package let processID: Int32
    /// The effective user of that process.
    package let userID: UInt32
    /// The effective group of that process.
    package let groupID: UInt32
    /// The further groups of that process (SO_PEERGROUPS, Linux 4.13).
    package let furtherGroups: [UInt32]

    /// Credentials that were read elsewhere.
    package init(processID: Int32, userID: UInt32, groupID: UInt32, furtherGroups: [UInt32] = []) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
        self.furtherGroups = furtherGroups
    }

    /// Asks the kernel who is at the other end.
    package init(ofPeerAt descriptor: Int32) throws(SystemCallError) {
        var credentials = CLinux_PeerCredentials()
        try systemCall("getsockopt SO_PEERCRED") { unsafe CLinux_peerCredentials(descriptor, &credentials) }
        self.init(
            processID: credentials.process,
            userID: credentials.user,
            groupID: credentials.group,
            furtherGroups: Self.furtherGroups(ofPeerAt: descriptor)
        )
    }

    /// Nobody has more than 65,536 groups (NGROUPS_MAX); most have a few, so the first try is small.
    private static func furtherGroups(ofPeerAt descriptor: Int32) -> [UInt32] {
        for count in [64, 65_536] {
            var groups = [UInt32](repeating: 0, count: count)
            var bytes = socklen_t(count * MemoryLayout<UInt32>.stride)
            if unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERGROUPS, &groups, &bytes) == 0 {
                return Array(groups.prefix(Int(bytes) / MemoryLayout<UInt32>.stride))
            }
            guard errno == ERANGE else { return [] }
        }
        return []
    }
}
