/// What the other Grok Imagine models of xAI take at fal, as its clients' types have it
/// (https://github.com/fal-ai/fal-js/blob/main/libs/client/src/types/endpoints.ts).
///
/// Those types name no ranges; where none is documented, none is checked. How long videos and extensions can be is xAI's
/// own word (https://docs.x.ai/developers/model-capabilities/video.md), the shapes of images are fal's
/// (https://fal.ai/models/xai/grok-imagine-image/v2.0/text-to-image/llms.txt).
enum GrokImagineFamily {
    private static let ratios = GrokImagineVideo.AspectRatio.allCases.map(\.rawValue)
    private static let videoLength = InputSchema.Rule.integer(GrokImagineVideo.TextToVideoInput.durationSeconds)
    private static let imageRatios = [
        "2:1", "20:9", "19.5:9", "16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "9:19.5", "9:20", "1:2",
    ]
    private static let prompt = InputSchema.Field("prompt", .text, .required)

    private static func resolution(_ choices: [String], _ usual: String) -> InputSchema.Field {
        InputSchema.Field("resolution", .choice(choices), .optional(default: usual))
    }

    private static func ratio(_ choices: [String], _ usual: String) -> InputSchema.Field {
        InputSchema.Field("aspect_ratio", .choice(choices), .optional(default: usual))
    }

    private static func duration(_ rule: InputSchema.Rule, _ usual: String) -> InputSchema.Field {
        InputSchema.Field("duration", rule, .optional(default: usual))
    }

    private static let image: [InputSchema.Field] = [
        prompt, .init("num_images", .integer(1...Int.max), .optional(default: "1")),
        .init("output_format", .choice(["jpeg", "png", "webp"]), .optional(default: "jpeg")),
        resolution(["1k", "2k"], "1k"), .init("sync_mode", .boolean, .optional(default: "false")),
    ]

    /// The schemas by endpoint.
    static let schemas: [String: InputSchema] = [
        "xai/grok-imagine-video/image-to-video": InputSchema([
            prompt, .init("image_url", .text, .required),
            duration(videoLength, "6"),
            ratio(["auto"] + ratios, "auto"), resolution(["480p", "720p"], "720p"),
        ]),
        "xai/grok-imagine-video/edit-video": InputSchema([
            prompt, .init("video_url", .text, .required), resolution(["auto", "480p", "720p"], "auto"),
        ]),
        "xai/grok-imagine-video/extend-video": InputSchema([
            prompt, .init("video_url", .text, .required), duration(.integer(2...10), "6"),
        ]),
        "xai/grok-imagine-video/reference-to-video": InputSchema([
            prompt, .init("reference_image_urls", .texts(1...7), .required), duration(videoLength, "8"),
            ratio(ratios, "16:9"), resolution(["480p", "720p"], "480p"),
        ]),
        "xai/grok-imagine-video/v1.5/image-to-video": InputSchema([
            prompt, .init("image_url", .text, .required), duration(videoLength, "6"),
            resolution(["480p", "720p", "1080p"], "720p"),
        ]),
        "xai/grok-imagine-image": InputSchema(image + [ratio(imageRatios, "1:1")]),
        "xai/grok-imagine-image/edit": InputSchema(
            image + [
                .init("image_urls", .texts(1...3), .required), ratio(["auto"] + imageRatios, "auto"),
            ]
        ),
    ]
}
