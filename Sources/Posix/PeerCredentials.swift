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

    /// Credentials that were read elsewhere.
    package init(processID: Int32, userID: UInt32, groupID: UInt32) {
        self.processID = processID
        self.userID = userID
        self.groupID = groupID
    }

    /// Asks the kernel who is at the other end.
    package init(ofPeerAt descriptor: Int32) throws(SystemCallError) {
        var credentials = CLinux_PeerCredentials()
        try systemCall("getsockopt SO_PEERCRED") { unsafe CLinux_peerCredentials(descriptor, &credentials) }
        self.init(processID: credentials.process, userID: credentials.user, groupID: credentials.group)
    }
}
