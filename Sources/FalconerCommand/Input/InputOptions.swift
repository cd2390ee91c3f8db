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

    @Option(help: "Length of the video in seconds (Grok Imagine Video: 1 to 15; what extend-video adds: 2 to 10).")
    var duration: Int?

    @Option(
        help: "The shape (Grok Imagine Video: 16:9, 4:3, 3:2, 1:1, 2:3, 3:4 or 9:16; images: also up to 20:9 and 9:20)."
    )
    var aspectRatio: String?

    @Option(help: "The size (Grok Imagine Video: 480p or 720p; images: 1k or 2k).")
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

    @Option(
        name: .customLong("image-urls"),
        help:
            "An image, a URL or a local file, for models that take image_urls (repeatable; Grok Imagine Image: up to 3)."
    )
    var imageURLs: [String] = []

    @Option(
        name: .customLong("reference-image-urls"),
        help: "An image that the prompt names as @Image1 and so on, a URL or a local file (repeatable; up to 7)."
    )
    var referenceImageURLs: [String] = []

    @Option(help: "How many images, for models that take num_images.")
    var numImages: Int?

    @Option(help: "Images: jpeg, png or webp.")
    var outputFormat: String?

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
        if !imageURLs.isEmpty { builder.set("image_urls", texts: imageURLs) }
        if !referenceImageURLs.isEmpty { builder.set("reference_image_urls", texts: referenceImageURLs) }
        if let numImages { builder.set("num_images", integer: numImages) }
        if let outputFormat { builder.set("output_format", text: outputFormat) }
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
