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

    /// The folder that files go to, an absolute path.
    package var directory: String
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
    package init(directory: String, template: PathTemplate) {
        self.directory = directory
        self.template = template
    }
}
