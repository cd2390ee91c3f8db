/// A video as a model's output describes it; the members are those of fal's `File` for videos
/// (fal.ai/models/xai/grok-imagine-video/text-to-video).
struct VideoFacts: Equatable, Sendable {
    /// Where it is; what begins with a slash is taken below the base URL of the submission, in a folder of the request's
    /// own just before its name: fal's URLs are unique per file.
    var url: String
    /// Its media type.
    var contentType: String
    /// Its name without folders.
    var fileName: String
    /// Its size in bytes.
    var fileSize: Int
    /// In pixels.
    var width: Int
    /// In pixels.
    var height: Int
    /// Frames in a second.
    var fps: Double
    /// In seconds.
    var duration: Double
    /// The number of frames.
    var frameCount: Int

    /// The `video` object of an output.
    func json(baseURL: String, folder: String) -> JSONTree {
        .object([
            ("url", .string(url.hasPrefix("/") ? baseURL + Self.path(url, in: folder) : url)),
            ("content_type", .string(contentType)),
            ("file_name", .string(fileName)),
            ("file_size", .integer(fileSize)),
            ("width", .integer(width)),
            ("height", .integer(height)),
            ("fps", .double(fps)),
            ("duration", .double(duration)),
            ("num_frames", .integer(frameCount)),
        ])
    }

    /// `/files/video.mp4` as `/files/<folder>/video.mp4`.
    private static func path(_ url: String, in folder: String) -> String {
        guard let slash = url.lastIndex(of: "/") else { return url }
        return "\(url[..<slash])/\(folder)\(url[slash...])"
    }
}
