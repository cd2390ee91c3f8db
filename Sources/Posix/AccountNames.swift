import Glibc

/// The numbers behind the names of users and groups, as this machine knows them (getpwnam_r(3), getgrnam_r(3)).
package enum AccountNames {
    /// Enough for an entry of any size that makes sense; a group lists its members.
    private static let bufferBytes = 256 << 10

    /// The number of a user; nil when there is none of that name.
    package static func user(named name: String) -> UInt32? {
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        guard unsafe getpwnam_r(name, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else {
            return nil
        }
        return unsafe entry.pw_uid
    }

    /// The number of a group; nil when there is none of that name.
    package static func group(named name: String) -> UInt32? {
        var entry = unsafe Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        var buffer = [CChar](repeating: 0, count: bufferBytes)
        guard unsafe getgrnam_r(name, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil else {
            return nil
        }
        return unsafe entry.gr_gid
    }
}
