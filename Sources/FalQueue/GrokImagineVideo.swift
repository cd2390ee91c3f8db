/// The Grok Imagine Video models of xAI at fal (https://fal.ai/models/xai/grok-imagine-video/text-to-video).
package enum GrokImagineVideo {
    /// The seven shapes a video can have.
    package enum AspectRatio: String, Sendable, CaseIterable, Codable {
        case landscape16x9 = "16:9"
        case landscape4x3 = "4:3"
        case landscape3x2 = "3:2"
        case square = "1:1"
        case portrait2x3 = "2:3"
        case portrait3x4 = "3:4"
        case portrait9x16 = "9:16"
    }

    /// The two sizes a video can have.
    package enum Resolution: String, Sendable, CaseIterable, Codable {
        case p480 = "480p"
        case p720 = "720p"
    }

    /// The input of `xai/grok-imagine-video/text-to-video`; what is nil is left to the model.
    package struct TextToVideoInput: GrokImagineInput, Codable {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-video/text-to-video"
        /// How long a video can be, in seconds.
        package static let durationSeconds = 1...15

        /// What the video shows; not empty.
        package var prompt: String
        /// In seconds, one of ``durationSeconds``; the model takes 6 for nil.
        package var duration: Int?
        /// The shape; the model takes 16:9 for nil.
        package var aspectRatio: AspectRatio?
        /// The size; the model takes 720p for nil.
        package var resolution: Resolution?

        /// Makes an input; ``ModelCatalog/check(_:_:)`` is what looks at its values.
        package init(
            prompt: String,
            duration: Int? = nil,
            aspectRatio: AspectRatio? = nil,
            resolution: Resolution? = nil
        ) {
            self.prompt = prompt
            self.duration = duration
            self.aspectRatio = aspectRatio
            self.resolution = resolution
        }

        private enum CodingKeys: String, CodingKey {
            case prompt
            case duration
            case aspectRatio = "aspect_ratio"
            case resolution
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set(CodingKeys.prompt.rawValue, text: prompt)
            if let duration {
                builder.set(CodingKeys.duration.rawValue, integer: duration)
            }
            if let aspectRatio {
                builder.set(CodingKeys.aspectRatio.rawValue, text: aspectRatio.rawValue)
            }
            if let resolution {
                builder.set(CodingKeys.resolution.rawValue, text: resolution.rawValue)
            }
        }

        static let schema = InputSchema([
            .init(CodingKeys.prompt.rawValue, .text, .required),
            .init(CodingKeys.duration.rawValue, .integer(durationSeconds), .optional(default: "6")),
            .init(
                CodingKeys.aspectRatio.rawValue,
                .choice(AspectRatio.allCases.map(\.rawValue)),
                .optional(default: AspectRatio.landscape16x9.rawValue)
            ),
            .init(
                CodingKeys.resolution.rawValue,
                .choice(Resolution.allCases.map(\.rawValue)),
                .optional(default: Resolution.p720.rawValue)
            ),
        ])
    }

    /// The output of every Grok Imagine Video endpoint.
    package struct VideoOutput: Sendable, Hashable, Codable {
        /// The video.
        package var video: VideoFile

        /// Makes an output; an emulator does.
        package init(video: VideoFile) {
            self.video = video
        }
    }

    /// A video that fal keeps for a while; fal leaves out, or sets to null, anything but the URL.
    package struct VideoFile: Sendable, Hashable, Codable {
        /// Where it is.
        package var url: String
        /// Its media type.
        package var contentType: String?
        /// Its name.
        package var fileName: String?
        /// Its size in bytes.
        package var fileSize: Int?
        /// Its width in pixels.
        package var width: Int?
        /// Its height in pixels.
        package var height: Int?
        /// Its frames per second.
        package var fps: Double?
        /// Its length in seconds.
        package var duration: Double?
        /// How many frames it has.
        package var numFrames: Int?

        private enum CodingKeys: String, CodingKey {
            case url
            case contentType = "content_type"
            case fileName = "file_name"
            case fileSize = "file_size"
            case width
            case height
            case fps
            case duration
            case numFrames = "num_frames"
        }

        /// Makes a file of which only the URL is known.
        package init(url: String) {
            self.url = url
        }
    }
}
