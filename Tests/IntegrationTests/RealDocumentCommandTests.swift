import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// Documents that fal served, through the command: what must not be sent is refused with its field before anything is
/// connected to, and every example of theirs gets past the check.
@Suite(.blocking) struct RealDocumentCommandTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "FalQueueTests/Vectors")
    private static let documents = [
        "fal-ai_flux-2", "fal-ai_flux-2_edit", "fal-ai_flux-kontext_dev", "fal-ai_flux-krea-lora", "fal-ai_flux-lora",
        "fal-ai_flux-pro_kontext",
    ]

    private static func path(_ name: String) -> String { folder.appending(path: "\(name).json").path }

    private static func value(_ name: String) throws -> JSONValue {
        try JSONDecoder().decode(JSONValue.self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
    }

    /// Submits to a service that is not there.
    private func submit(_ name: String, _ input: JSONValue) throws -> (exit: ChildProcess.Exit?, error: String) {
        let run = try Program.run([
            "submit", name.replacing("_", with: "/"), "--input", Self.text(input), "--schema", Self.path(name),
            "--socket",
            "/nonexistent/falconer.sock",
        ])
        return (run.exit, run.error)
    }

    @Test(arguments: documents) func everyInvalidInputIsRefusedWithItsField(name: String) throws {
        var count = 0
        for row in try Self.value("invalid-inputs").array ?? [] where row["document"]?.string == name {
            let input = try #require(row["input"])
            let field = try #require(row["field"]?.string)
            let refused = try submit(name, input)
            #expect(refused.exit == .code(64), "\(field): \(refused.error)")
            let line = try #require(refused.error.split(separator: "\n").first.map(String.init))
            #expect(line.hasPrefix("falconer: \(field) "), "\(field): \(line)")
            print("| \(name) | \(Self.text(input)) | \(field) | \(line) |")
            count += 1
        }
        #expect(count >= 6)
    }

    @Test(arguments: documents) func everyExampleIsTaken(name: String) throws {
        let schemas = try #require(try Self.value(name)["components"]?["schemas"]?.object)
        let input = try #require(schemas.first { $0.key.hasSuffix("Input") }?.value)
        let properties = try #require(input["properties"]?.object)
        let required = (input["required"]?.array ?? []).compactMap(\.string)
        var base: [String: JSONValue] = [:]
        for key in required { base[key] = try #require(properties[key]?["examples"]?.array?.first) }
        var inputs = [base]
        for (key, property) in properties {
            for example in (property["examples"]?.array ?? []) + [property["default"]].compactMap({ $0 }) {
                inputs.append(base.merging([key: example]) { $1 })
            }
        }
        // One after the other in one file: the check looks at every line before anything is connected to.
        let directory = TemporaryDirectory()
        let file = directory.file("examples.jsonl").string
        try inputs.map { Self.text(.object($0)) + "\n" }.joined().write(toFile: file)
        let run = try Program.run([
            "submit", name.replacing("_", with: "/"), "--batch", file, "--schema", Self.path(name), "--socket",
            directory.file("no.sock").string,
        ])
        #expect(run.exit == .code(5), "\(run.error)")
        #expect(!run.error.contains("line "), "\(run.error)")
        print("| \(name) | \(inputs.count) examples | taken |")
    }

    @Test(arguments: documents) func everyFieldIsShown(name: String) throws {
        let schemas = try #require(try Self.value(name)["components"]?["schemas"]?.object)
        let fields = try #require(schemas.first { $0.key.hasSuffix("Input") }?.value["properties"]?.object).keys
            .sorted()
        let arguments = ["models", "show", name.replacing("_", with: "/"), "--schema", Self.path(name)]
        let table = try Program.run(arguments + ["--format", "human"]).output.split(separator: "\n")
        let first = table.filter { !$0.hasPrefix(" ") }.compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(first.sorted() == fields)
        // Piped, and so as JSON lines.
        let piped = try Program.run(arguments)
        #expect(piped.exit == .code(0))
        let names = try piped.output.split(separator: "\n").compactMap { try object(String($0))["name"]?.string }
        #expect(names == first)
    }

    @Test func anUnknownKeyIsWarnedAboutWithTheNearestOne() throws {
        let input = JSONValue.object(["prompt": .string("x"), "guidanceScale": .number(3), "loras": .array([])])
        let run = try submit("fal-ai_flux-2", input)
        #expect(run.exit == .code(5))
        #expect(run.error.contains("warning: guidanceScale is not known to this model; did you mean guidance_scale?"))
        #expect(run.error.contains("warning: loras is not known to this model; allowed: "))
    }

    @Test func aDocumentThatCannotBeUsedSaysWhy() throws {
        let directory = TemporaryDirectory()
        func error(_ text: String) throws -> String {
            let file = directory.file("document.json").string
            try text.write(toFile: file)
            let run = try Program.run(["models", "show", "--schema", file])
            #expect(run.exit == .code(64))
            return run.error
        }
        #expect(try error("<html>").contains("no valid JSON"))
        #expect(try error("{}").contains("no path"))
        #expect(try error(#"{"paths":{"/a":{"post":{}}}}"#).contains("does not say what the input is"))
        #expect(try error(String(repeating: "[", count: 300)).contains("nested deeper"))
        #expect(try error(String(repeating: " ", count: 100_000_000)).contains("longer than"))
    }

    @Test func aDocumentWithoutAnEndIsTooLong() throws {
        let run = try Program.run(["models", "show", "--schema", "/dev/zero"])
        #expect(run.exit == .code(64))
        #expect(run.error.contains("longer than"))
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .number(let value): value.rounded() == value ? "\(Int(value))" : "\(value)"
        case .string(let text): quoted(text)
        case .array(let elements): "[" + elements.map(text).joined(separator: ",") + "]"
        case .object(let members):
            "{"
                + members.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(text($0.value))" }.joined(
                    separator: ","
                )
                + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}

extension JSONValue {
    fileprivate var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    fileprivate var object: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}
