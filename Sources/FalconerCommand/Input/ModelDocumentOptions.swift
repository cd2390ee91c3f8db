import ArgumentParser
import FalQueue
import FoundationEssentials
import HTTPClient
import Posix

/// Where the documents of models come from that are not built in.
struct ModelDocumentOptions: ParsableArguments {
    /// How long connecting may take: a submission is not held up for long.
    static let connectTimeout: Duration = .seconds(3)
    /// How long all of it may take.
    static let totalTimeout: Duration = .seconds(10)

    @Option(
        name: .customLong("fal-site-url"),
        help: ArgumentHelp("Where models' documents are fetched (default: https://fal.ai).", valueName: "url")
    )
    var falSiteURL: String?

    /// A document, and its bytes.
    struct Found {
        let document: ModelDocument
        let bytes: [UInt8]
        /// Why it could not be fetched anew; nil when it is fresh.
        let staleBecause: ModelDocumentError?
    }

    /// The document of a model: the one kept from the last day, or fetched, or else kept from before.
    ///
    /// - Returns: The document, or why there is none.
    /// - Throws: ``CommandFailure`` when the site's URL cannot be used.
    func document(of endpoint: EndpointID) throws -> Result<Found, ModelDocumentError> {
        let environment = Environment(variables: ProcessInfo.processInfo.environment)
        let site = try environment.setting("fal-site-url", flag: falSiteURL, default: nil).value
            .map { text in try parsing("fal-site-url") { try QueueURL.parse(text) } }
        let cache = ModelDocumentCache(environment: environment, site: site ?? .falSite)
        let kept = cache?.read(endpoint, now: .now).flatMap { kept in
            (try? ModelDocument(kept.bytes)).map { (document: $0, bytes: kept.bytes, isFresh: kept.isFresh) }
        }
        if let kept, kept.isFresh {
            return .success(Found(document: kept.document, bytes: kept.bytes, staleBecause: nil))
        }
        var options = HTTPClientOptions()
        options.connectTimeout = Self.connectTimeout
        options.totalTimeout = Self.totalTimeout
        options.responseBytesMax = ModelDocument.bytesMax
        let source = ModelDocuments(transport: try client(options), site: site ?? .falSite)
        do throws(ModelDocumentError) {
            let fetched = try source.fetch(endpoint)
            cache?.write(fetched.bytes, endpoint)
            return .success(Found(document: fetched.document, bytes: fetched.bytes, staleBecause: nil))
        } catch {
            guard let kept else { return .failure(error) }
            return .success(Found(document: kept.document, bytes: kept.bytes, staleBecause: error))
        }
    }
}
