/// What the other Grok Imagine models of xAI take at fal, as its clients' types have it
/// (https://github.com/fal-ai/fal-js/blob/main/libs/client/src/types/endpoints.ts).
///
/// Those types name no ranges; where none is documented, none is checked.
enum GrokImagineFamily {
    private static let ratios = GrokImagineVideo.AspectRatio.allCases.map(\.rawValue)
    private static let anyLength = InputSchema.Rule.integer(1...Int.max)
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
        prompt, .init("num_images", anyLength, .optional(default: "1")),
        .init("output_format", .choice(["jpeg", "png", "webp"]), .optional(default: "jpeg")),
        resolution(["1k", "2k"], "1k"), .init("sync_mode", .boolean, .optional(default: "false")),
    ]

    /// The schemas by endpoint.
    static let schemas: [String: InputSchema] = [
        "xai/grok-imagine-video/image-to-video": InputSchema([
            prompt, .init("image_url", .text, .required),
            duration(.integer(GrokImagineVideo.TextToVideoInput.durationSeconds), "6"),
            ratio(["auto"] + ratios, "auto"), resolution(["480p", "720p"], "720p"),
        ]),
        "xai/grok-imagine-video/edit-video": InputSchema([
            prompt, .init("video_url", .text, .required), resolution(["auto", "480p", "720p"], "auto"),
        ]),
        "xai/grok-imagine-video/extend-video": InputSchema([
            prompt, .init("video_url", .text, .required), duration(anyLength, "6"),
        ]),
        "xai/grok-imagine-video/reference-to-video": InputSchema([
            prompt, .init("reference_image_urls", .texts(1...7), .required), duration(anyLength, "8"),
            ratio(ratios, "16:9"), resolution(["480p", "720p"], "480p"),
        ]),
        "xai/grok-imagine-video/v1.5/image-to-video": InputSchema([
            prompt, .init("image_url", .text, .required), duration(anyLength, "6"),
            resolution(["480p", "720p", "1080p"], "720p"),
        ]),
        "xai/grok-imagine-image": InputSchema(image + [.init("aspect_ratio", .text, .optional(default: "1:1"))]),
        "xai/grok-imagine-image/edit": InputSchema(
            image + [
                .init("image_urls", .texts(1...3), .required), .init("aspect_ratio", .text, .optional(default: "auto")),
            ]
        ),
    ]
}
