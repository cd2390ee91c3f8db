package import HTTPClient

/// The OpenAPI documents of models, as fal's site has them: `/api/openapi/queue/openapi.json?endpoint_id=…`.
package struct ModelDocuments: Sendable {
    private let transport: any HTTPTransport
    private let site: QueueURL

    /// Makes a client of a site; nothing is sent, and never a key.
    ///
    /// - Parameters:
    ///   - transport: What sends; it takes no answer longer than ``ModelDocument/bytesMax``.
    ///   - site: Where the documents are.
    package init(transport: any HTTPTransport, site: QueueURL) {
        self.transport = transport
        self.site = site
    }

    /// Fetches the document of a model; blocks.
    ///
    /// - Returns: The document, and its bytes as they came.
    /// - Throws: ``ModelDocumentError``.
    package func fetch(
        _ endpoint: EndpointID
    ) throws(ModelDocumentError) -> (document: ModelDocument, bytes: [UInt8]) {
        let query = PercentEncoding.encode(endpoint.description)
        let request = HTTPRequest(
            url: site.url("/api/openapi/queue/openapi.json?endpoint_id=\(query)"),
            headers: ["Accept": "application/json"]
        )
        let response: HTTPResponse
        do {
            response = try transport.send(request)
        } catch {
            throw .transport(oneLine(error.detail, charactersMax: FalError.messageCharactersMax))
        }
        switch response.status {
        case 200: break
        case 404: throw .unknownModel
        default: throw .status(response.status)
        }
        do {
            return (try ModelDocument(response.body), response.body)
        } catch {
            throw .unusable(error)
        }
    }
}

/// Why a model's document was not had.
package enum ModelDocumentError: Error, Sendable, Hashable, CustomStringConvertible {
    /// There is none of that model.
    case unknownModel
    /// The site answered with something else.
    case status(Int)
    /// There was no answer.
    case transport(String)
    /// What came is no document that says what the input is.
    case unusable(ModelDocument.Problem)

    /// One line for people.
    package var description: String {
        switch self {
        case .unknownModel: "there is no document of that model"
        case .status(let status): "the answer was HTTP \(status)"
        case .transport(let detail): detail
        case .unusable(let problem): problem.description
        }
    }
}
