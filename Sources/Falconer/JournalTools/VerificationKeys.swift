import HTTPClient
import SystemPackage
package import Webhook

/// The keys that stored signatures are verified with.
package enum VerificationKeys {
    /// Why there are none.
    package struct Failure: Error, CustomStringConvertible {
        /// Whether the file is not there, rather than of no use.
        package let isMissing: Bool
        /// What happened.
        package let description: String
    }

    /// Reads a key set: one from the web, one in a file, or one in a file as the service keeps it.
    ///
    /// - Parameter source: Where it is; a URL is fetched once.
    /// - Returns: The keys.
    /// - Throws: ``Failure``.
    package static func read(_ source: KeySource) throws(Failure) -> KeySet {
        do {
            switch source {
            case .file(let path):
                let bytes = try readFile(path, bytesMax: 2 * KeySet.byteCountMax)
                if let kept = try? KeySetRecord(decoding: bytes) { return kept.keySet }
                return try KeySet(parsing: bytes.span)
            case .url(let url):
                var options = HTTPClientOptions()
                options.totalTimeout = KeyKeeper.fetchTime
                options.responseBytesMax = KeySet.byteCountMax
                let response = try HTTPClient(options).send(HTTPRequest(method: .get, url: url))
                guard response.status == 200 else { throw KeyFetchFailure.status(response.status) }
                return try KeySet(parsing: response.body.span)
            }
        } catch let error as Errno where error == .noSuchFileOrDirectory {
            throw Failure(isMissing: true, description: "there is no file \(source.name)")
        } catch {
            throw Failure(isMissing: false, description: "\(source.name): \(error)")
        }
    }
}
