import Crypto

/// A file that was fetched and is on disk under its name.
package struct SavedFile: Sendable, Equatable {
    /// Where it is, an absolute path.
    package let path: String
    /// Its length.
    package let bytes: Int
    /// The SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    package let sha256: String

    /// Says where a file is, and what it holds.
    package init(path: String, bytes: Int, sha256: String) {
        self.path = path
        self.bytes = bytes
        self.sha256 = sha256
    }
}
