/// The models whose inputs are known here, so that they can be checked offline before anything is paid for.
package enum ModelCatalog {
    private static let schemas = GrokImagineFamily.schemas.merging(
        [GrokImagineVideo.TextToVideoInput.endpoint: GrokImagineVideo.TextToVideoInput.schema],
        uniquingKeysWith: { $1 }
    )

    /// The endpoints that are known here, sorted.
    package static var endpoints: [String] { schemas.keys.sorted() }

    /// What an endpoint takes; nil for one that is not known here.
    package static func schema(of endpoint: EndpointID) -> InputSchema? {
        schemas[endpoint.description]
    }

    /// Says what is wrong with an input.
    ///
    /// - Parameters:
    ///   - endpoint: Whose input it is. For one that is not known here anything goes that is a JSON object.
    ///   - input: The input's bytes, at most ``InputBuilder/bytesMax``.
    /// - Returns: The problems; an input without one of severity `error` may be sent.
    package static func check(_ endpoint: EndpointID, _ input: [UInt8]) -> [InputProblem] {
        guard input.count <= InputBuilder.bytesMax else {
            return [.error("", "is too long", allowed: "at most \(InputBuilder.bytesMax) bytes")]
        }
        return (schema(of: endpoint) ?? InputSchema([])).problems(in: input)
            .filter { schema(of: endpoint) != nil || $0.severity == .error }
    }
}
