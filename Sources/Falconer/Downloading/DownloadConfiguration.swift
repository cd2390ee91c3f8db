/// What the service does about the files of its results.
package struct DownloadConfiguration: Sendable {
    /// The longest file that is taken when nobody says otherwise: 2 GiB.
    package static let bytesMaxDefault = 2 << 30
    /// How long fal keeps files at least, and so how long a file is tried for: seven days
    /// (https://fal.ai/docs/documentation/model-apis/faq).
    package static let lifetimeDefault: Duration = .seconds(7 * 86_400)
    /// How long one attempt may take when nobody says otherwise.
    package static let attemptTimeDefault: Duration = .seconds(3_600)
    /// How long an attempt may bring almost nothing; what came by then is gone on from.
    package static let stallTime: Duration = .seconds(30)

    /// The longest path of a folder that a submission may ask for, bytes.
    package static let folderBytesMax = 1_024

    /// The folder that the files of every result go to, an absolute path; nil when only those go anywhere that a submission
    /// asked for.
    package var directory: String?
    /// The folders at or below which a submission may have its files put.
    package var permitted: [String] = []
    /// Which hosts they are fetched from.
    package var hosts = MediaHosts()
    /// How they are named.
    package var template: PathTemplate
    /// The longest file that is taken, bytes.
    package var bytesMax = Self.bytesMaxDefault
    /// How long one attempt may take.
    package var attemptTime = Self.attemptTimeDefault
    /// How long after its outcome a file is tried for.
    package var lifetime = Self.lifetimeDefault

    /// A configuration with every default.
    package init(directory: String?, template: PathTemplate) {
        self.directory = directory
        self.template = template
    }

    /// Whether a submission may have its files put into a folder.
    ///
    /// Who may submit is not for that reason allowed to write wherever the service may.
    package func permits(_ folder: String) -> Bool {
        Self.isFolder(folder) && permitted.contains { folder == $0 || folder.hasPrefix($0 == "/" ? "/" : $0 + "/") }
    }

    /// Whether a text is an absolute path of a folder that leads nowhere else: no empty part, `.` or `..` in it.
    package static func isFolder(_ path: String) -> Bool {
        guard path.utf8.count <= folderBytesMax, path.utf8.first == UInt8(ascii: "/"), !path.utf8.contains(0) else {
            return false
        }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        return parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
    }
}
