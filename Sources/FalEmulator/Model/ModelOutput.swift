/// What an emulated model makes.
enum ModelOutput {
    /// The seed of every output.
    static let seed = 1_723_904_518
    /// A seed that a double cannot hold, for those who read JSON numbers as doubles.
    static let bigSeed = "17454220438242315174"

    /// An image of one pixel, so that no file has to be served.
    private static let image =
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

    /// The output: a video for models of videos, images for all others.
    static func json(for request: EmulatedRequest, video: VideoFacts) -> JSONTree {
        let seed = request.submission.scenario.bigInteger ? JSONTree.number(bigSeed) : .integer(seed)
        let endpoint = request.submission.endpoint
        if "\(endpoint)".contains("video") {
            return .object([
                ("video", video.json(baseURL: request.submission.baseURL, folder: request.submission.id)),
                ("seed", seed),
            ])
        }
        let image = JSONTree.object([
            ("url", .string(image)), ("content_type", .string("image/png")), ("width", .integer(1)),
            ("height", .integer(1)),
        ])
        return .object([("images", .array(Array(repeating: image, count: request.imageCount))), ("seed", seed)])
    }
}
