import FalQueue
import JSONText

/// One entry of the `detail` array of a model's error (docs.fal.ai/errors).
struct ModelErrorDetail: Equatable, Sendable {
    /// The input's member that it is about; nil for the body as a whole.
    var member: String?
    /// The text for people.
    var message: String
    /// The kind of error.
    var type: String
    /// The bounds that were broken.
    var context: [(name: String, value: Int)] = []

    /// The entry.
    var json: JSONTree {
        var members: [(String, JSONTree)] = [
            ("loc", .array([.string("body")] + (member.map { [.string($0)] } ?? []))),
            ("msg", .string(message)),
            ("type", .string(type)),
            ("url", .string("https://docs.fal.ai/errors#\(type)")),
        ]
        if !context.isEmpty {
            members.append(("ctx", .object(context.map { ($0.name, .integer($0.value)) })))
        }
        return .object(members)
    }

    static func == (left: ModelErrorDetail, right: ModelErrorDetail) -> Bool {
        left.json == right.json
    }
}

extension ModelErrorDetail {
    /// What a model finds wrong with an input; empty when it takes it.
    ///
    /// The Grok Imagine video models' required members and the bounds of `duration` are those of
    /// fal.ai/models/xai/grok-imagine-video/text-to-video and fal-js `types/endpoints.ts`; other models take any object.
    static func problems(of input: ModelInput, endpoint: EndpointID) -> [ModelErrorDetail] {
        guard input.isJSON else { return [ModelErrorDetail(message: "JSON decode error", type: "json_invalid")] }
        guard input.isObject else {
            return [ModelErrorDetail(message: "Input should be a valid dictionary", type: "dict_type")]
        }
        guard endpoint.owner == "xai", endpoint.alias == "grok-imagine-video" else { return [] }
        var problems = requiredMembers(of: endpoint).compactMap { problem(of: $0.name, $0.kind, in: input) }
        if endpoint.path == "text-to-video", let duration = input.integer("duration") {
            problems += outOfBounds("duration", duration, 1...15)
        }
        return problems
    }

    private static func requiredMembers(of endpoint: EndpointID) -> [(name: String, kind: JSONKind)] {
        switch endpoint.path?.split(separator: "/").last {
        case "image-to-video": [("prompt", .string), ("image_url", .string)]
        case "edit-video", "extend-video": [("prompt", .string), ("video_url", .string)]
        case "reference-to-video": [("prompt", .string), ("reference_image_urls", .array)]
        default: [("prompt", .string)]
        }
    }

    private static func problem(of name: String, _ kind: JSONKind, in input: ModelInput) -> ModelErrorDetail? {
        guard let found = input.kind(of: name) else {
            return ModelErrorDetail(member: name, message: "Field required", type: "missing")
        }
        guard found != kind else { return nil }
        return kind == .string
            ? ModelErrorDetail(member: name, message: "Input should be a valid string", type: "string_type")
            : ModelErrorDetail(member: name, message: "Input should be a valid list", type: "list_type")
    }

    private static func outOfBounds(_ name: String, _ value: Int, _ bounds: ClosedRange<Int>) -> [ModelErrorDetail] {
        if value < bounds.lowerBound {
            let bound = bounds.lowerBound
            let message = "Input should be greater than or equal to \(bound)"
            return [
                ModelErrorDetail(member: name, message: message, type: "greater_than_equal", context: [("ge", bound)])
            ]
        }
        if value > bounds.upperBound {
            let bound = bounds.upperBound
            let message = "Input should be less than or equal to \(bound)"
            return [ModelErrorDetail(member: name, message: message, type: "less_than_equal", context: [("le", bound)])]
        }
        return []
    }
}
