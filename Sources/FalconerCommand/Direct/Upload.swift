import ArgumentParser

/// The command `falconer upload`.
struct Upload: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Upload files to fal's storage, and print the URLs that inputs name them by.",
        discussion: """
            One URL a line, in the order of the files. 'falconer submit' uploads by itself what --image-url, --video-url \
            and -i KEY_url=@FILE name; this is for batches and for files that are used more than once.

              falconer upload photo.png
              falconer submit fal-ai/flux/dev/image-to-image --prompt "in oil" --image-url ./photo.png

            Exit codes: 0 uploaded, 5 the storage cannot be reached or refused it, 9 key refused, 64 no such file.
            """
    )

    @Argument(help: "The files.")
    var files: [String]

    @OptionGroup var uploads: UploadOptions
    @OptionGroup var access: FalAccess

    func run() throws {
        try reportingFailure {
            let files = try files.map { path in
                guard let file = try LocalFile("@\(path)") else { throw CommandFailure(.usage, "no file: \(path)") }
                return file
            }
            let storage = try uploads.storage(access)
            for file in files { try StandardOutput.writeLine(try file.upload(to: storage)) }
        }
    }
}
