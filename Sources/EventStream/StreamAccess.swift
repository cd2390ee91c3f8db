package import Posix

/// What clients of the socket may do, by who they are.
///
/// Who can connect at all is decided by the socket's file: its owner and its group (0660), and root. A list narrows what
/// those may do; the service's own user and root always may, so that nobody locks himself out.
package struct StreamAccess: Equatable, Sendable {
    /// What there is to be allowed.
    package enum Right: String, CaseIterable, Sendable {
        /// Have requests sent to fal, or cancelled, which costs money.
        case submit
        /// Receive events and look at submissions and consumers.
        case subscribe
        /// Create, move and delete consumers, deal with what they have parked, and look at what the hook refused.
        case administer

        /// The code of the refusal.
        var refusalCode: StreamErrorCode {
            switch self {
            case .submit: .notAllowedToSubmit
            case .subscribe: .notAllowedToSubscribe
            case .administer: .notAllowedToAdminister
            }
        }

        /// The right that a command needs.
        init(op: String) {
            switch op {
            case "submit", "cancel", "resend": self = .submit
            case "rejections": self = .administer
            default: self = .subscribe
            }
        }
    }

    /// The lists; a right without one is everybody's who can connect.
    package var lists: [Right: AccessList]
    /// The service's own user.
    package var owner: UInt32?

    /// Everybody who can connect may do everything, but where there is a list.
    package init(lists: [Right: AccessList] = [:], owner: UInt32? = nil) {
        self.lists = lists
        self.owner = owner
    }

    /// Whether a client may do something.
    package func allows(_ right: Right, to peer: PeerCredentials) -> Bool {
        guard let list = lists[right] else { return true }
        return peer.userID == 0 || peer.userID == owner || list.contains(peer)
    }

    /// What a client is told that may not do something; nil when it may.
    func refusal(_ right: Right, to peer: PeerCredentials) -> Refusal? {
        guard !allows(right, to: peer) else { return nil }
        let verb = right == .submit ? "submit" : right == .subscribe ? "subscribe" : "administer"
        return Refusal(
            right.refusalCode,
            "user \(peer.userID) is not on the list of those who may \(verb): have it added with "
                + "'falconer serve --allow-\(verb == "administer" ? "admin" : verb)'"
        )
    }
}

extension ConsumerOperation {
    /// The right that it needs; whoever takes part in a consumer may say what became of its events.
    var right: StreamAccess.Right {
        switch self {
        case .ack, .nak, .progress, .term, .list, .show, .listParked: .subscribe
        case .create, .delete, .reset, .retryParked, .dropParked: .administer
        }
    }
}
