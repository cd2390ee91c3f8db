import JSONText
import Testing

@testable import FalQueue

/// The typed inputs and what is checked are of one mind.
@Suite struct GrokImagineInputTests {
    private static let least: [any GrokImagineInput] = [
        GrokImagineVideo.TextToVideoInput(prompt: "x"),
        GrokImagineVideo.ImageToVideoInput(prompt: "x", imageURL: "https://a/b.png"),
        GrokImagineVideo.EditVideoInput(prompt: "x", videoURL: "https://a/b.mp4"),
        GrokImagineVideo.ExtendVideoInput(prompt: "x", videoURL: "https://a/b.mp4"),
        GrokImagineVideo.ReferenceToVideoInput(prompt: "x", referenceImageURLs: ["https://a/b.png"]),
        GrokImagineImage.TextToImageInput(prompt: "x"),
        GrokImagineImage.EditImageInput(prompt: "x", imageURLs: ["https://a/b.png"]),
    ]

    private static var most: [any GrokImagineInput] {
        var text = GrokImagineVideo.TextToVideoInput(prompt: "x")
        (text.duration, text.aspectRatio, text.resolution) = (15, .square, .p480)
        var image = GrokImagineVideo.ImageToVideoInput(prompt: "x", imageURL: "https://a/b.png")
        (image.duration, image.aspectRatio, image.resolution) = (1, .portrait2x3, .p480)
        var edit = GrokImagineVideo.EditVideoInput(prompt: "x", videoURL: "https://a/b.mp4")
        edit.resolution = .p720
        var extend = GrokImagineVideo.ExtendVideoInput(prompt: "x", videoURL: "https://a/b.mp4")
        extend.duration = 10
        let seven = [String](repeating: "https://a/b.png", count: 7)
        var reference = GrokImagineVideo.ReferenceToVideoInput(prompt: "x", referenceImageURLs: seven)
        (reference.duration, reference.aspectRatio, reference.resolution) = (8, .landscape16x9, .p720)
        var options = GrokImagineImage.Options()
        (options.count, options.aspectRatio, options.format) = (4, "19.5:9", .webp)
        (options.resolution, options.syncMode) = (.k2, true)
        var picture = GrokImagineImage.TextToImageInput(prompt: "x")
        picture.options = options
        var retouched = GrokImagineImage.EditImageInput(prompt: "x", imageURLs: Array(seven.prefix(3)))
        retouched.options = options
        return [text, image, edit, extend, reference, picture, retouched]
    }

    private static func keys(_ bytes: [UInt8]) throws -> Set<String> {
        Set(try JSONText.members(of: bytes.span).compactMap(\.name))
    }

    @Test(arguments: least.indices) func whatMustBeThereIsEnough(index: Int) throws {
        let input = Self.least[index]
        let endpoint = try EndpointID.parse(type(of: input).endpoint)
        let bytes = try input.encoded()
        #expect(ModelCatalog.check(endpoint, bytes) == [])
        let required = try #require(ModelCatalog.schema(of: endpoint)).fields.filter { $0.presence == .required }
        #expect(try Self.keys(bytes) == Set(required.map(\.name)))
    }

    @Test(arguments: least.indices) func everythingThatAModelTakesCanBeSet(index: Int) throws {
        let input = Self.most[index]
        let endpoint = try EndpointID.parse(type(of: input).endpoint)
        let bytes = try input.encoded()
        #expect(ModelCatalog.check(endpoint, bytes) == [])
        #expect(try Self.keys(bytes) == Set(try #require(ModelCatalog.schema(of: endpoint)).fields.map(\.name)))
    }
}
