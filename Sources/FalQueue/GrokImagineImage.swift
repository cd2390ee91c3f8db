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
