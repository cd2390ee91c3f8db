/// The input of one of the Grok Imagine models; what is nil in it is left to the model.
///
/// ``ModelCatalog/check(_:_:)`` is what looks at the values.
package protocol GrokImagineInput: Sendable, Hashable {
    /// The endpoint's id.
    static var endpoint: String { get }

    /// Sets the keys that have a value.
    func set(in builder: inout InputBuilder)
}

extension GrokImagineInput {
    /// The input as it is sent.
    ///
    /// - Throws: ``InputBuilderError`` when it is too long.
    package func encoded() throws(InputBuilderError) -> [UInt8] {
        var builder = InputBuilder()
        set(in: &builder)
        return try builder.encoded()
    }
}

extension InputBuilder {
    fileprivate mutating func set(_ key: String, optional text: String?) {
        if let text { set(key, text: text) }
    }

    fileprivate mutating func set(_ key: String, optional integer: Int?) {
        if let integer { set(key, integer: integer) }
    }
}

extension GrokImagineVideo {
    /// The input of `xai/grok-imagine-video/image-to-video`.
    package struct ImageToVideoInput: GrokImagineInput {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-video/image-to-video"

        /// What happens in the video.
        package var prompt: String
        /// The image it begins with.
        package var imageURL: String
        /// In seconds; the model takes 6 for nil.
        package var duration: Int?
        /// The shape; for nil that of the image.
        package var aspectRatio: AspectRatio?
        /// The size; the model takes 720p for nil.
        package var resolution: Resolution?

        /// Makes an input of what must be there.
        package init(prompt: String, imageURL: String) {
            (self.prompt, self.imageURL) = (prompt, imageURL)
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set("prompt", text: prompt)
            builder.set("image_url", text: imageURL)
            builder.set("duration", optional: duration)
            builder.set("aspect_ratio", optional: aspectRatio?.rawValue)
            builder.set("resolution", optional: resolution?.rawValue)
        }
    }

    /// The input of `xai/grok-imagine-video/edit-video`.
    package struct EditVideoInput: GrokImagineInput {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-video/edit-video"

        /// What becomes of the video.
        package var prompt: String
        /// The video, of which the first 8 seconds are taken.
        package var videoURL: String
        /// The size; for nil that of the video.
        package var resolution: Resolution?

        /// Makes an input of what must be there.
        package init(prompt: String, videoURL: String) {
            (self.prompt, self.videoURL) = (prompt, videoURL)
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set("prompt", text: prompt)
            builder.set("video_url", text: videoURL)
            builder.set("resolution", optional: resolution?.rawValue)
        }
    }

    /// The input of `xai/grok-imagine-video/extend-video`.
    package struct ExtendVideoInput: GrokImagineInput {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-video/extend-video"

        /// What happens next.
        package var prompt: String
        /// The video, an MP4 of 2 to 15 seconds.
        package var videoURL: String
        /// How much longer it becomes, in seconds; the model takes 6 for nil.
        package var duration: Int?

        /// Makes an input of what must be there.
        package init(prompt: String, videoURL: String) {
            (self.prompt, self.videoURL) = (prompt, videoURL)
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set("prompt", text: prompt)
            builder.set("video_url", text: videoURL)
            builder.set("duration", optional: duration)
        }
    }

    /// The input of `xai/grok-imagine-video/reference-to-video`.
    package struct ReferenceToVideoInput: GrokImagineInput {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-video/reference-to-video"

        /// What the video shows; `@Image1` is the first reference.
        package var prompt: String
        /// The images, 1 to 7.
        package var referenceImageURLs: [String]
        /// In seconds; the model takes 8 for nil.
        package var duration: Int?
        /// The shape; the model takes 16:9 for nil.
        package var aspectRatio: AspectRatio?
        /// The size; the model takes 480p for nil.
        package var resolution: Resolution?

        /// Makes an input of what must be there.
        package init(prompt: String, referenceImageURLs: [String]) {
            (self.prompt, self.referenceImageURLs) = (prompt, referenceImageURLs)
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set("prompt", text: prompt)
            builder.set("reference_image_urls", texts: referenceImageURLs)
            builder.set("duration", optional: duration)
            builder.set("aspect_ratio", optional: aspectRatio?.rawValue)
            builder.set("resolution", optional: resolution?.rawValue)
        }
    }
}

/// The Grok Imagine Image models of xAI at fal (https://fal.ai/models/xai/grok-imagine-image).
package enum GrokImagineImage {
    /// The formats an image can have.
    package enum Format: String, Sendable, CaseIterable {
        case jpeg
        case png
        case webp
    }

    /// The sizes an image can have.
    package enum Resolution: String, Sendable, CaseIterable {
        case k1 = "1k"
        case k2 = "2k"
    }

    /// What both models take; what is nil is left to the model.
    package struct Options: Sendable, Hashable {
        /// How many images; the model takes 1 for nil.
        package var count: Int?
        /// The shape, `16:9` or another; nil is 1:1, and for an edited image its own.
        package var aspectRatio: String?
        /// The format; the model takes jpeg for nil.
        package var format: Format?
        /// The size; the model takes 1k for nil.
        package var resolution: Resolution?
        /// Whether images come as data URIs in the result; the model takes false for nil.
        package var syncMode: Bool?

        /// Makes options that leave everything to the model.
        package init() {}

        fileprivate func set(in builder: inout InputBuilder) {
            builder.set("num_images", optional: count)
            builder.set("aspect_ratio", optional: aspectRatio)
            builder.set("output_format", optional: format?.rawValue)
            builder.set("resolution", optional: resolution?.rawValue)
            if let syncMode { builder.set("sync_mode", boolean: syncMode) }
        }
    }

    /// The input of `xai/grok-imagine-image`.
    package struct TextToImageInput: GrokImagineInput {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-image"

        /// What the image shows.
        package var prompt: String
        /// What is not required.
        package var options = Options()

        /// Makes an input of what must be there.
        package init(prompt: String) {
            self.prompt = prompt
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set("prompt", text: prompt)
            options.set(in: &builder)
        }
    }

    /// The input of `xai/grok-imagine-image/edit`.
    package struct EditImageInput: GrokImagineInput {
        /// The endpoint's id.
        package static let endpoint = "xai/grok-imagine-image/edit"

        /// What becomes of the images.
        package var prompt: String
        /// The images, 1 to 3.
        package var imageURLs: [String]
        /// What is not required.
        package var options = Options()

        /// Makes an input of what must be there.
        package init(prompt: String, imageURLs: [String]) {
            (self.prompt, self.imageURLs) = (prompt, imageURLs)
        }

        /// Sets the keys that have a value.
        package func set(in builder: inout InputBuilder) {
            builder.set("prompt", text: prompt)
            builder.set("image_urls", texts: imageURLs)
            options.set(in: &builder)
        }
    }
}
