import Crypto
import FalQueue
import Glibc
import Posix
import SystemPackage

/// The models' documents that were fetched before, one file each; what cannot be kept is fetched again.
struct ModelDocumentCache {
    /// How long a document is taken without asking for it again: a day.
    static let freshFor: Duration = .seconds(24 * 3600)
    /// The longest name of a file before a digest takes its place, in bytes.
    static let nameBytesMax = 200

    private let folder: String

    /// Makes a cache in the user's folder for such things; nil where there is none
    /// (https://specifications.freedesktop.org/basedir-spec/latest/).
    ///
    /// - Parameters:
    ///   - environment: `XDG_CACHE_HOME`, or else `HOME`.
    ///   - site: Whose documents they are: those of an emulator are not taken for fal's.
    init?(environment: Environment, site: QueueURL) {
        // A relative one is to be ignored (same page).
        let absolute = { (path: String?) in path.flatMap { $0.hasPrefix("/") ? $0 : nil } }
        guard
            let caches = absolute(environment["XDG_CACHE_HOME"])
                ?? absolute(environment["HOME"]).map({ "\($0)/.cache" })
        else { return nil }
        let models = "\(caches)/falconer/models"
        folder = site == .falSite ? models : "\(models)/\(Self.name("\(site)"))"
    }

    /// Makes a cache in a folder, which need not be there yet.
    init(folder: String) {
        self.folder = folder
    }

    /// The document of a model as it was kept last.
    ///
    /// - Parameters:
    ///   - endpoint: The model.
    ///   - now: What its age is counted to.
    /// - Returns: Its bytes, and whether they are fresh; nil when there are none, or too many.
    func read(_ endpoint: EndpointID, now: WallTime) -> (bytes: [UInt8], isFresh: Bool)? {
        let path = path(of: endpoint)
        var status = stat()
        guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            status.st_size <= ModelDocument.bytesMax, let bytes = try? wholeFile(path, option: "schema")
        else { return nil }
        let age = now.microseconds - Int64(status.st_mtim.tv_sec) * 1_000_000
        return (bytes, (0..<Int64(Self.freshFor / .microseconds(1))).contains(age))
    }

    /// Keeps a document, in place of what was kept before; a reader finds the one or the other, and whole.
    func write(_ bytes: [UInt8], _ endpoint: EndpointID) {
        let path = path(of: endpoint)
        let temporary = "\(path).\(getpid()).part"
        do {
            try Self.makeFolders(folder)
            let file = try FileDescriptor.open(
                FilePath(temporary),
                .writeOnly,
                options: [.create, .truncate, .closeOnExec, .noFollow],
                permissions: [.ownerReadWrite]
            )
            try file.closeAfter { _ = try file.writeAll(bytes) }
            try Directory.rename(temporary, to: path)
        } catch {
            // The next command fetches it again.
            unsafe unlink(temporary)
        }
    }

    /// The file of a model's document.
    func path(of endpoint: EndpointID) -> String { "\(folder)/\(Self.name(endpoint.description)).json" }

    private static func name(_ text: String) -> String {
        let encoded = PercentEncoding.encode(text)
        return encoded.utf8.count <= nameBytesMax ? encoded : SHA256.digest(Array(text.utf8).span).hex
    }

    private static func makeFolders(_ path: String) throws {
        var folder = ""
        for part in path.split(separator: "/") {
            folder += "/\(part)"
            if unsafe access(folder, F_OK) != 0 { _ = try Directory.make(folder, mode: 0o700) }
        }
    }
}
