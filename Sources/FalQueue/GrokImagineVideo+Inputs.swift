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
