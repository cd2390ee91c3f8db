import FoundationEssentials
import TestSupport
import Testing

/// The Grok Imagine models, submitted with flags alone.
@Suite(.blocking) struct GrokImagineTests {
    @Test func everyModelOfTheFamilyIsSubmittedWithFlagsAlone() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let image = "https://example.com/a.png"
        let video = "https://example.com/a.mp4"
        let cases: [(endpoint: String, flags: [String], input: String)] = [
            (
                "video/text-to-video", ["--duration", "15", "--aspect-ratio", "1:1", "--resolution", "480p"],
                #"{"aspect_ratio":"1:1","duration":15,"prompt":"x","resolution":"480p"}"#
            ),
            (
                "video/image-to-video", ["--image-url", image, "--aspect-ratio", "auto"],
                #"{"aspect_ratio":"auto","image_url":"\#(image)","prompt":"x"}"#
            ),
            (
                "video/edit-video", ["--video-url", video, "--resolution", "auto"],
                #"{"prompt":"x","resolution":"auto","video_url":"\#(video)"}"#
            ),
            (
                "video/extend-video", ["--video-url", video, "--duration", "10"],
                #"{"duration":10,"prompt":"x","video_url":"\#(video)"}"#
            ),
            (
                "video/reference-to-video", ["--reference-image-urls", image, "--reference-image-urls", image],
                #"{"prompt":"x","reference_image_urls":["\#(image)","\#(image)"]}"#
            ),
            (
                "image",
                ["--num-images", "2", "--output-format", "png", "--resolution", "2k", "--aspect-ratio", "9:20"],
                #"{"aspect_ratio":"9:20","num_images":2,"output_format":"png","prompt":"x","resolution":"2k"}"#
            ),
            ("image/edit", ["--image-urls", image], #"{"image_urls":["\#(image)"],"prompt":"x"}"#),
        ]
        for (endpoint, flags, _) in cases {
            let arguments = ["submit", "xai/grok-imagine-\(endpoint)", "--prompt", "x", "--socket", service.socket]
            let run = try Program.run(arguments + flags)
            #expect(run.exit == .code(0), "\(endpoint): \(run.error)")
            #expect(run.error == "")
        }
        let created = try service.journalLines.filter { $0.contains("fal.submission.created") }
        let inputs: [JSONValue?] = try created.map { try object($0)["data"]?["input"] }
        let expected: [JSONValue?] = try cases.map { JSONValue.object(try object($0.input)) }
        #expect(inputs == expected)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }
}
