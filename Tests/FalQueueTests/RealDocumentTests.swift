import FoundationEssentials
import Testing

@testable import FalQueue

/// Inputs against documents that fal served, as they were (queue documents of six endpoints, December 2025).
@Suite struct RealDocumentTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
    private static let documents = [
        "fal-ai_flux-2", "fal-ai_flux-2_edit", "fal-ai_flux-kontext_dev", "fal-ai_flux-krea-lora", "fal-ai_flux-lora",
        "fal-ai_flux-pro_kontext",
    ]

    private static func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: "\(name).json")))
    }

    /// An input that must not be sent, and the field that is at fault.
    private static func rows() throws -> [(document: String, input: SchemaNode, field: String)] {
        let list = try #require(SchemaNode(try bytes("invalid-inputs")))
        return try list.elements.map { row in
            (
                try #require(row["document"]?.text), try #require(row["input"]), try #require(row["field"]?.text)
            )
        }
    }

    @Test func everyInvalidInputIsRefusedWithItsFieldAndWhatIsAllowed() throws {
        let rows = try Self.rows()
        #expect(rows.count >= 40)
        #expect(Set(rows.map(\.document)).count == Self.documents.count)
        for (name, input, field) in rows {
            let document = try ModelDocument(try Self.bytes(name))
            let text = Self.written(input)
            let errors = document.problems(in: Array(text.utf8)).filter { $0.severity == .error }
            #expect(errors.map(\.field) == [field], "\(name): \(text)")
            #expect(errors.allSatisfy { !$0.message.isEmpty && !$0.allowed.isEmpty }, "\(name): \(text)")
        }
    }

    @Test func aTextThatLooksLikeANumberIsToldApartFromIt() throws {
        let document = try ModelDocument(try Self.bytes("fal-ai_flux-pro_kontext"))
        let input = #"{"prompt":"x","image_url":"https://example.com/a.png","safety_tolerance":2}"#
        let problem = try #require(document.problems(in: Array(input.utf8)).first)
        #expect(problem.allowed == #""1", "2", "3", "4", "5", "6""#)
    }

    @Test(arguments: documents)
    func everyExampleAndDefaultInADocumentIsTaken(name: String) throws {
        let document = try ModelDocument(try Self.bytes(name))
        #expect(document.endpoint == name.replacing("_", with: "/"))
        let properties = document.input["properties"]?.members ?? []
        let required = (document.input["required"]?.elements ?? []).compactMap(\.text)
        var base: [SchemaNode.Member] = []
        for key in required {
            let property = try #require(properties.first { $0.name == key })
            let example = try #require(property.value["examples"]?.elements.first)
            base.append(SchemaNode.Member(name: key, value: example))
        }
        var tried = 0
        for property in properties {
            let examples = (property.value["examples"]?.elements ?? []) + [property.value["default"]].compactMap { $0 }
            for example in examples {
                let others = base.filter { $0.name != property.name }
                let input = SchemaNode.object(others + [SchemaNode.Member(name: property.name, value: example)])
                let text = Self.written(input)
                #expect(document.problems(in: Array(text.utf8)).isEmpty, "\(name): \(text)")
                tried += 1
            }
        }
        #expect(tried >= 8)
    }

    @Test(arguments: documents)
    func everyFieldOfADocumentIsShown(name: String) throws {
        let document = try ModelDocument(try Self.bytes(name))
        let inputs = document.inputs
        #expect(Set(inputs.map(\.name)) == Set((document.input["properties"]?.members ?? []).map(\.name)))
        #expect(inputs.first?.name == "prompt")
        #expect(inputs.allSatisfy { !$0.allowed.isEmpty })
    }

    private static func written(_ node: SchemaNode) -> String {
        switch node {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .number(let text): text
        case .string(let text): quoted(text)
        case .array(let elements): "[" + elements.map(written).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(quoted($0.name)):\(written($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
