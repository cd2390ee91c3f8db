internal import FalQueue

extension JSONTree {
    /// A model's OpenAPI document in the form of fal's (https://fal.ai/api/openapi/queue/openapi.json?endpoint_id=…), nil for
    /// a model that is not built in.
    init?(documentOf endpoint: EndpointID) {
        guard let schema = ModelCatalog.schema(of: endpoint) else { return nil }
        let id = endpoint.description
        let status = JSONTree.reference("QueueStatus")
        self = .object([
            ("openapi", .string("3.0.4")),
            (
                "info",
                .object([
                    ("title", .string("Queue OpenAPI for \(id)")), ("version", .string("1.0.0")),
                    ("x-fal-metadata", .object([("endpointId", .string(id))])),
                ])
            ),
            (
                "components",
                .object([
                    (
                        "schemas",
                        .object([("QueueStatus", .object([("type", .string("object"))])), ("Input", .input(schema))])
                    )
                ])
            ),
            (
                "paths",
                .object([
                    ("/\(id)/requests/{request_id}/status", .object([("get", .answer(status))])),
                    (
                        "/\(id)",
                        .object([("post", .answer(status, takes: .reference("Input")))])
                    ),
                    ("/\(id)/requests/{request_id}", .object([("get", .answer(.object([])))])),
                ])
            ),
            ("servers", .array([.object([("url", .string("https://queue.fal.run"))])])),
        ])
    }

    private static func reference(_ name: String) -> JSONTree {
        .object([("$ref", .string("#/components/schemas/\(name)"))])
    }

    private static func content(_ schema: JSONTree) -> JSONTree {
        .object([("application/json", .object([("schema", schema)]))])
    }

    private static func answer(_ schema: JSONTree, takes input: JSONTree? = nil) -> JSONTree {
        let answers = JSONTree.object([
            ("200", .object([("description", .string("The answer")), ("content", content(schema))]))
        ])
        guard let input else { return .object([("responses", answers)]) }
        let body = JSONTree.object([("required", .boolean(true)), ("content", content(input))])
        return .object([("requestBody", body), ("responses", answers)])
    }

    private static func input(_ schema: InputSchema) -> JSONTree {
        .object([
            ("type", .string("object")),
            ("required", .array(schema.fields.filter { $0.presence == .required }.map { .string($0.name) })),
            ("x-fal-order-properties", .array(schema.fields.map { .string($0.name) })),
            ("properties", .object(schema.fields.map { ($0.name, .property($0)) })),
        ])
    }

    private static func property(_ field: InputSchema.Field) -> JSONTree {
        var members = members(of: field.rule)
        if case .optional(let text) = field.presence {
            let value: JSONTree =
                switch field.rule {
                case .integer: .number(text)
                case .boolean: .boolean(text == "true")
                case .text, .choice, .texts: .string(text)
                }
            members.append(("default", value))
        }
        return .object(members)
    }

    private static func members(of rule: InputSchema.Rule) -> [(String, JSONTree)] {
        switch rule {
        case .text: [("type", .string("string")), ("minLength", .integer(1))]
        case .boolean: [("type", .string("boolean"))]
        case .choice(let texts): [("type", .string("string")), ("enum", .array(texts.map { .string($0) }))]
        case .texts(let range):
            [
                ("type", .string("array")), ("items", .object([("type", .string("string"))])),
                ("minItems", .integer(range.lowerBound)), ("maxItems", .integer(range.upperBound)),
            ]
        case .integer(let range) where range.upperBound == .max:
            [("type", .string("integer")), ("minimum", .integer(range.lowerBound))]
        case .integer(let range):
            [
                ("type", .string("integer")), ("minimum", .integer(range.lowerBound)),
                ("maximum", .integer(range.upperBound)),
            ]
        }
    }
}
