import ArgumentParser
import FalQueue
import FoundationEssentials
import Glibc

/// The options that an input is put together from.
struct InputOptions: ParsableArguments {
    @Option(help: "The input: a JSON object, a file with one, or - for standard input.")
    var input: String?

    @Option(
        name: .customShort("i"),
        help: ArgumentHelp(
            "One key of the input; the value as JSON, else as text. Under a key that ends in _url, @FILE is uploaded first.",
            valueName: "key=value"
        )
    )
    var assignments: [String] = []

    @Option(help: "What to generate; required by most models.")
    var prompt: String?

    @Option(help: "Length of the video in seconds (Grok Imagine Video: 1 to 15).")
    var duration: Int?

    @Option(help: "Grok Imagine Video: 16:9, 4:3, 3:2, 1:1, 2:3, 3:4 or 9:16.")
    var aspectRatio: String?

    @Option(help: "Grok Imagine Video: 480p or 720p.")
    var resolution: String?

    @Option(
        name: .customLong("image-url"),
        help: "The image to begin with, a URL or a local file, for models that take image_url."
    )
    var imageURL: String?

    @Option(
        name: .customLong("video-url"),
        help: "The video to work on, a URL or a local file, for models that take video_url."
    )
    var videoURL: String?

    /// The input, which may name local files.
    ///
    /// - Throws: ``CommandFailure``.
    func draft() throws -> InputDraft {
        do {
            let base = try input.map { try InputBuilder(object: Self.read($0)) } ?? InputBuilder()
            var flags = InputBuilder()
            try set(in: &flags)
            return try InputDraft(base: base, flags: flags)
        } catch let error as InputBuilderError {
            throw CommandFailure(.usage, "\(error)", advice: "see 'falconer submit --help'")
        }
    }

    /// Sets the keys of an input that there are options for.
    func set(in builder: inout InputBuilder) throws {
        for assignment in assignments { try builder.assign(assignment) }
        if let prompt { builder.set("prompt", text: prompt) }
        if let duration { builder.set("duration", integer: duration) }
        if let aspectRatio { builder.set("aspect_ratio", text: aspectRatio) }
        if let imageURL { builder.set("image_url", text: imageURL) }
        if let videoURL { builder.set("video_url", text: videoURL) }
        if let resolution { builder.set("resolution", text: resolution) }
    }

    private static func read(_ input: String) throws -> [UInt8] {
        if input == "-" { return readStandardInput(atMost: InputBuilder.bytesMax) }
        if input.drop(while: { $0 == " " || $0 == "\n" }).hasPrefix("{") { return Array(input.utf8) }
        do {
            return Array(try Data(contentsOf: URL(filePath: input)))
        } catch {
            throw CommandFailure(
                .usage,
                "cannot read the input file \(input)",
                advice: "give --input a JSON object, a file, or - for standard input"
            )
        }
    }
}

/// All of standard input; no more is read once it is longer than the limit.
func readStandardInput(atMost limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
        let count = unsafe Glibc.read(STDIN_FILENO, &chunk, chunk.count)
        if count == -1, errno == EINTR { continue }
        guard count > 0 else { break }
        bytes += chunk[..<count]
    }
    return bytes
}
