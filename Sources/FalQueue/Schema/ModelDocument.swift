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
        case noPost
        case noInput

        /// What is wrong, for people.
        package var description: String {
            switch self {
            case .tooLong: "the document is longer than \(ModelDocument.bytesMax) bytes"
            case .notJSON: "the document is no valid JSON object"
            case .noPost: "the document has no path, or more than one, that inputs are posted to"
            case .noInput: "the document does not say what the input is"
            }
        }
    }

    /// The endpoint that the document says it is of.
    package let endpoint: String?
    let root: SchemaNode
    let input: SchemaNode

    /// Reads a document.
    ///
    /// - Throws: ``Problem``.
    package init(_ bytes: [UInt8]) throws(Problem) {
        guard bytes.count <= Self.bytesMax else { throw .tooLong }
        guard let root = SchemaNode(bytes), case .object = root else { throw .notJSON }
        let posts = (root["paths"]?.members ?? []).compactMap { path in path.value["post"].map { (path.name, $0) } }
        guard let (path, post) = posts.first, posts.count == 1 else { throw .noPost }
        guard let schema = post["requestBody"]?["content"]?["application/json"]?["schema"],
            let input = Self.resolve(schema, in: root)
        else { throw .noInput }
        endpoint =
            root["info"]?["x-fal-metadata"]?["endpointId"]?.text
            ?? (path.hasPrefix("/") ? String(path.dropFirst()) : nil)
        self.root = root
        self.input = input
    }

    /// What a schema is, references within the document followed; nil for one that leads nowhere.
    func resolve(_ schema: SchemaNode) -> SchemaNode? { Self.resolve(schema, in: root) }

    private static func resolve(_ schema: SchemaNode, in root: SchemaNode) -> SchemaNode? {
        var schema = schema
        for _ in 0..<referencesMax {
            guard let reference = schema["$ref"]?.text else { return schema }
            let prefix = "#/components/schemas/"
            guard reference.hasPrefix(prefix),
                let next = root["components"]?["schemas"]?[String(reference.dropFirst(prefix.count))]
            else { return nil }
            schema = next
        }
        return nil
    }
}
