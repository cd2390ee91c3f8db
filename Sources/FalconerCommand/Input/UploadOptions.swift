import ArgumentParser
import FalQueue
import Glibc
import HTTPClient

/// How files on this machine become URLs of an input.
struct UploadOptions: ParsableArguments {
    /// How long an upload may stand still.
    static let stallTimeout: Duration = .seconds(60)

    @Option(
        name: .customLong("fal-rest-url"),
        help: ArgumentHelp("Where local files are uploaded (default: https://rest.fal.ai).", valueName: "url")
    )
    var falRESTURL: String?

    /// The input, checked, with every local file that it names uploaded.
    ///
    /// - Parameters:
    ///   - draft: The input as it was given.
    ///   - checker: Looks at the input before anything is uploaded; nil when it is checked elsewhere.
    ///   - access: Whose key uploads.
    /// - Returns: The input's bytes.
    /// - Throws: ``CommandFailure``; nothing was submitted then.
    func input(
        of draft: InputDraft,
        checkedBy checker: InputCheck.Checker?,
        access: FalAccess
    ) throws -> [UInt8] {
        guard !draft.files.isEmpty else {
            let bytes = try draft.bytes(urls: [:])
            try checker?.check(bytes)
            return bytes
        }
        try checker?.check(try draft.bytes(urls: [:]))
        let storage = try storage(access)
        var urls: [String: String] = [:]
        for file in draft.files { urls[file.path] = try file.upload(to: storage) }
        return try draft.bytes(urls: urls)
    }

    /// fal's storage.
    ///
    /// - Throws: ``CommandFailure`` without a key.
    func storage(_ access: FalAccess) throws -> FileStorage {
        var options = HTTPClientOptions()
        options.stallTimeout = Self.stallTimeout
        return FileStorage(
            client: try client(options),
            url: try access.url("fal-rest-url", falRESTURL, default: .falREST),
            key: try access.key(),
            pause: { usleep(UInt32($0 / .microseconds(1))) }
        )
    }
}
