package import Posix

/// Users and groups that may do something.
package struct AccessList: Equatable, Sendable {
    /// The most entries of a list.
    package static let entriesMax = 256

    /// Numbers of users.
    package let users: Set<UInt32>
    /// Numbers of groups; a user's further groups count as well as the first one.
    package let groups: Set<UInt32>

    /// A list by its numbers.
    package init(users: Set<UInt32> = [], groups: Set<UInt32> = []) {
        self.users = users
        self.groups = groups
    }

    /// Why a text is no list.
    package enum Problem: Error, Equatable, CustomStringConvertible {
        /// An entry does not have one of the forms.
        case malformed(String)
        /// There is no user, or no group, of that name.
        case unknown(String)
        /// There are none, or more than the limit.
        case count(Int)

        package var description: String {
            switch self {
            case .malformed(let entry):
                "\(entry) is neither uid:1000, gid:50, user:NAME nor group:NAME; separate several by commas"
            case .unknown(let entry): "there is no \(entry) on this machine"
            case .count(let count): "a list has 1 to \(AccessList.entriesMax) entries, this one \(count)"
            }
        }
    }

    /// Reads a list, `uid:1000,gid:50,user:alice,group:video`.
    ///
    /// - Parameters:
    ///   - text: The list.
    ///   - user: The number of a user of that name, if there is one.
    ///   - group: The number of a group of that name, if there is one.
    /// - Throws: ``Problem``.
    package init(
        _ text: String,
        user: (String) -> UInt32?,
        group: (String) -> UInt32?
    ) throws(Problem) {
        var users: Set<UInt32> = []
        var groups: Set<UInt32> = []
        let entries = text.split(separator: ",").map { $0.filter { $0 != " " } }
        guard (1...Self.entriesMax).contains(entries.count) else { throw .count(entries.count) }
        for entry in entries {
            let parts = entry.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[1].isEmpty else { throw .malformed(entry) }
            switch parts[0] {
            case "uid": users.insert(try Self.number(parts[1], entry))
            case "gid": groups.insert(try Self.number(parts[1], entry))
            case "user": users.insert(try Self.known(user(parts[1]), entry))
            case "group": groups.insert(try Self.known(group(parts[1]), entry))
            default: throw .malformed(entry)
            }
        }
        self.users = users
        self.groups = groups
    }

    /// Whether a client is on the list.
    package func contains(_ peer: PeerCredentials) -> Bool {
        users.contains(peer.userID) || groups.contains(peer.groupID)
            || peer.furtherGroups.contains { groups.contains($0) }
    }

    private static func number(_ text: String, _ entry: String) throws(Problem) -> UInt32 {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt32(text) else {
            throw .malformed(entry)
        }
        return number
    }

    private static func known(_ number: UInt32?, _ entry: String) throws(Problem) -> UInt32 {
        guard let number else { throw .unknown(entry) }
        return number
    }
}
