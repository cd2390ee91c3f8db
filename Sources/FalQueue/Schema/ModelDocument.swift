import JSONText

/// The OpenAPI document of a model, as far as its input goes.
///
/// fal serves one for each endpoint at `https://fal.ai/api/openapi/queue/openapi.json?endpoint_id=…`. The input is found by
/// the only path that has a `post`; neither the order of paths nor the schema's name mean anything.
package struct ModelDocument: Sendable {
    /// The longest document taken, bytes.
    package static let bytesMax = 4 << 20
    /// The longest chain of references followed.
    static let referencesMax = 16

    /// Why a document cannot be used.
    package enum Problem: String, Error, Sendable, CaseIterable, CustomStringConvertible {
        case tooLong
        case notJSON
        case tooDeep
        case noPost
        case noInput

        /// What is wrong, for people.
        package var description: String {
            switch self {
            case .tooLong: "the document is longer than \(ModelDocument.bytesMax) bytes"
            case .notJSON: "the document is no valid JSON object"
            case .tooDeep: "the document is nested deeper than \(JSONText.depthMax) levels"
            case .noPost: "the document has no path, or more than one, that inputs are posted to"
            case .noInput: "the document does not say what the input is"
            }
        }
    }

    /// The endpoint that the document says it is of.
    package let endpoint: String?
    let input: SchemaNode
    /// What references lead to.
    private let definitions: [String: SchemaNode]

    /// Reads a document.
    ///
    /// - Throws: ``Problem``.
    package init(_ bytes: [UInt8]) throws(Problem) {
        guard bytes.count <= Self.bytesMax else { throw .tooLong }
        guard let root = SchemaNode(bytes), case .object = root else {
            throw Self.isTooDeep(bytes) ? .tooDeep : .notJSON
        }
        let definitions = Self.definitions(in: root)
        let posts = (root["paths"]?.members ?? []).compactMap { path in path.value["post"].map { (path.name, $0) } }
        guard let (path, post) = posts.first, posts.count == 1 else { throw .noPost }
        guard let schema = post["requestBody"]?["content"]?["application/json"]?["schema"],
            let input = Self.resolve(schema, definitions)
        else { throw .noInput }
        endpoint =
            root["info"]?["x-fal-metadata"]?["endpointId"]?.text
            ?? (path.hasPrefix("/") ? String(path.dropFirst()) : nil)
        self.definitions = definitions
        self.input = input
    }

    /// What a schema is, references within the document followed; nil for one that leads nowhere.
    func resolve(_ schema: SchemaNode) -> SchemaNode? { Self.resolve(schema, definitions) }

    private static func resolve(_ schema: SchemaNode, _ definitions: [String: SchemaNode]) -> SchemaNode? {
        var schema = schema
        for _ in 0..<referencesMax {
            guard let reference = schema["$ref"]?.text else { return schema }
            guard let next = definitions[reference] else { return nil }
            schema = next
        }
        return nil
    }

    /// The schemas that have a name, by the reference that leads to them (RFC 6901 §6).
    private static func definitions(in root: SchemaNode) -> [String: SchemaNode] {
        let places = [
            ("#/components/schemas/", root["components"]?["schemas"]), ("#/$defs/", root["$defs"]),
            ("#/definitions/", root["definitions"]),
        ]
        var definitions: [String: SchemaNode] = [:]
        for (prefix, schemas) in places {
            for schema in schemas?.members ?? [] {
                let name = schema.name.replacing("~", with: "~0").replacing("/", with: "~1")
                definitions[prefix + name] = schema.value
            }
        }
        return definitions
    }

    private static func isTooDeep(_ bytes: [UInt8]) -> Bool {
        do {
            _ = try JSONText.validate(bytes.span)
            return false
        } catch {
            return error.code == .tooDeep
        }
    }
}
