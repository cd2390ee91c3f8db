import SystemPackage
import TestSupport
import Testing

/// Inputs checked against a model's document before anything is sent, and what models take.
@Suite(.blocking) struct SchemaTests {
    private static let document = """
        {"info":{"x-fal-metadata":{"endpointId":"fal-ai/birds"}},"paths":{"/fal-ai/birds":{"post":{"requestBody":{"content":
        {"application/json":{"schema":{"$ref":"#/components/schemas/BirdsInput"}}}}}}},"components":{"schemas":
        {"BirdsInput":{"type":"object","required":["prompt"],"x-fal-order-properties":["prompt","count"],"properties":
        {"count":{"type":"integer","minimum":1,"maximum":4,"default":1},"prompt":{"type":"string"}}}}}}
        """

    @Test func theInputIsCheckedAgainstTheDocumentBeforeAnythingIsSent() throws {
        let directory = TemporaryDirectory()
        let schema = directory.file("birds.json").string
        try Self.document.write(toFile: schema)
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        func submit(_ more: [String]) throws -> (exit: ChildProcess.Exit?, output: String, error: String) {
            try Program.run(["submit", "fal-ai/birds", "--socket", service.socket, "--format", "json"] + more)
        }
        let bad = try submit(["--prompt", "x", "-i", "count=9", "--schema", schema])
        #expect(bad.exit == .code(64))
        #expect(bad.error.contains("count is 9; allowed: a whole number from 1 to 4"))
        let warned = try submit(["--prompt", "x", "-i", "coun=2", "--schema", schema])
        #expect(warned.exit == .code(0))
        #expect(warned.error.contains("did you mean count?"))
        #expect(try submit(["--prompt", "x", "-i", "count=9", "--schema", schema, "--no-check"]).exit == .code(0))
        #expect(try submit(["--prompt", "x", "--schema", "/nonexistent"]).exit == .code(64))
        let lines = directory.file("lines.jsonl").string
        try "{\"prompt\":\"x\"}\n{\"count\":2}\n".write(toFile: lines)
        let batch = try submit(["--batch", lines, "--schema", schema])
        #expect(batch.exit == .code(64))
        #expect(batch.error.contains("line 2"))
        #expect(batch.error.contains("prompt is missing"))
        let created = try service.journalLines.filter { $0.contains("fal.submission.created") }
        #expect(created.count == 2)
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func noCheckLeavesTheLastWordToFal() throws {
        let directory = TemporaryDirectory()
        let emulator = try Emulator(in: directory)
        let service = try Service(in: directory, submittingTo: emulator)
        let arguments = [
            "submit", "xai/grok-imagine-video/text-to-video", "--prompt", "x", "--duration", "99", "--socket",
            service.socket,
        ]
        #expect(try Program.run(arguments).exit == .code(64))
        #expect(try Program.run(arguments + ["--no-check"]).exit == .code(0))
        #expect(service.stop() == .code(0))
        #expect(emulator.stop() == .code(0))
    }

    @Test func aModelsInputsAreShownAsATableAndAsJSON() throws {
        let directory = TemporaryDirectory()
        let schema = directory.file("birds.json").string
        try Self.document.write(toFile: schema)
        let table = try Program.run(["models", "show", "--schema", schema, "--format", "human"])
        #expect(
            table.output == """
                prompt  required  a text
                count   (1)       a whole number from 1 to 4

                """
        )
        let json = try Program.run(["models", "show", "xai/grok-imagine-video/image-to-video", "--format", "json"])
        let names = try json.output.split(separator: "\n").compactMap { try object(String($0))["name"]?.string }
        #expect(names == ["prompt", "image_url", "duration", "aspect_ratio", "resolution"])
        #expect(try Program.run(["models", "show", "fal-ai/unheard-of"]).exit == .code(5))
        let all = try Program.run(["models", "list", "--format", "human"]).output.split(separator: "\n")
        #expect(all.contains("xai/grok-imagine-video/text-to-video"))
        #expect(all.count >= 8)
    }
}
