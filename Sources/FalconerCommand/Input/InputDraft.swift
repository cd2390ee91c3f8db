import FalQueue

/// An input that may still name local files where URLs belong.
///
/// Files are taken only from the command line: what stands in a file of inputs, which others may have written, names none.
struct InputDraft {
    /// What stands for the URL of a file that has none yet, for looking at the input before anything is uploaded.
    static let placeholder = "https://v3.fal.media/files/not-uploaded-yet"

    private let base: InputBuilder
    private let flags: InputBuilder
    /// The files that have to be uploaded, each once.
    let files: [LocalFile]

    /// Puts an input together.
    ///
    /// - Parameters:
    ///   - base: The whole object that was given, or an empty one.
    ///   - flags: The keys set on the command line.
    /// - Throws: ``CommandFailure`` for a file that is not there.
    init(base: InputBuilder, flags: InputBuilder) throws {
        self.base = base
        self.flags = flags
        var files: [LocalFile] = []
        var flags = flags
        try flags.replaceURLs { text in
            if let file = try LocalFile(text), !files.contains(where: { $0.path == file.path }) { files.append(file) }
            return nil
        }
        self.files = files
    }

    /// The input.
    ///
    /// - Parameter urls: The URLs of the files, by path; a placeholder stands for one without.
    /// - Returns: The input's bytes.
    /// - Throws: ``CommandFailure``.
    func bytes(urls: [String: String]) throws -> [UInt8] {
        var flags = flags
        try flags.replaceURLs { text in
            guard let file = try LocalFile(text) else { return nil }
            return urls[file.path] ?? Self.placeholder
        }
        var builder = base
        builder.merge(flags)
        do {
            return try builder.encoded()
        } catch {
            throw CommandFailure(.usage, "\(error)", advice: "see 'falconer submit --help'")
        }
    }
}
