import Crypto
import FalQueue
import HTTPClient
import Posix

/// One thread's way of fetching files.
struct MediaFetch: Sendable {
    /// Looks up the addresses of a name; blocks.
    typealias Resolve = @Sendable (_ host: String, _ port: UInt16) throws(NameResolutionError) -> [InternetAddress]

    /// So many addresses of a host are tried.
    static let addressesMax = 4

    let client: HTTPClient
    private let configuration: DownloadConfiguration
    private let resolve: Resolve
    /// The journal's name: what another service has under way in the same folder is not taken for ours.
    private let source: String

    init(_ configuration: DownloadConfiguration, source: String, resolve: @escaping Resolve) throws(HTTPClientError) {
        self.configuration = configuration
        self.source = source
        self.resolve = resolve
        var options = HTTPClientOptions()
        options.totalTimeout = configuration.attemptTime
        options.stallTimeout = DownloadConfiguration.stallTime
        options.connectionReuse = .never
        client = try HTTPClient(options)
    }

    /// Fetches a file, or what is missing of it; blocks.
    ///
    /// - Returns: The file, on disk under its name.
    /// - Throws: ``DownloadFailure``.
    func run(_ job: DownloadList.Job) throws(DownloadFailure) -> SavedFile {
        let target = try configuration.hosts.target(job.file.url)
        let addresses = try addresses(of: target)
        let sink: FileSink
        do throws(SystemCallError) {
            let partial = try PartialFile(
                in: job.directory,
                named: partialName(job),
                boot: PartialFile.currentBoot
            )
            sink = try FileSink(partial, expected: job.file.bytes, bytesMax: configuration.bytesMax)
        } catch {
            throw DownloadFailure(error)
        }
        do throws(DownloadFailure) {
            try receive(target, addresses, sink)
            try checkLength(sink, job)
        } catch {
            if error.hope == .none { sink.partial.discard() }
            throw error
        }
        do throws(SystemCallError) {
            return try sink.partial.save(as: job.path, bytes: sink.count)
        } catch {
            throw DownloadFailure(error)
        }
    }

    /// Forgets what came of a file that is not tried again.
    func discard(_ job: DownloadList.Job) { PartialFile.discard(in: job.directory, named: partialName(job)) }

    /// Every address is checked and one of them connected to, so that a name that changes its address in between gains
    /// nothing.
    private func addresses(of target: MediaHosts.Target) throws(DownloadFailure) -> [InternetAddress] {
        let addresses: [InternetAddress]
        do throws(NameResolutionError) {
            addresses = try resolve(target.url.host, target.url.effectivePort)
        } catch {
            throw DownloadFailure(.network, "\(error)", .good)
        }
        guard !target.allowsPrivate else { return addresses }
        do throws(PrivateAddressError) {
            try InternetAddress.requirePublic(addresses, of: target.url.host)
        } catch {
            throw DownloadFailure(.privateAddress, "\(error)", .little)
        }
        return addresses
    }

    private func receive(
        _ target: MediaHosts.Target,
        _ addresses: [InternetAddress],
        _ sink: FileSink
    ) throws(DownloadFailure) {
        var request = HTTPRequest(url: "\(target.url)", headers: sink.headers)
        var failure = DownloadFailure(.network, "\(target.url.host) has no address", .good)
        for address in addresses.prefix(Self.addressesMax) {
            request.connectsTo = "\(address)"
            do throws(HTTPClientError) {
                _ = try client.receive(request, into: sink)
                return
            } catch {
                failure = sink.failure ?? Self.failure(error, sink)
                guard error.kind == .connect else { break }
            }
        }
        throw failure
    }

    private func checkLength(_ sink: FileSink, _ job: DownloadList.Job) throws(DownloadFailure) {
        guard let total = sink.total ?? job.file.bytes, sink.count != total else { return }
        sink.partial.discard()
        throw DownloadFailure(.wrongLength, "\(sink.count) bytes came instead of \(total)", .little)
    }

    private static func failure(_ error: HTTPClientError, _ sink: FileSink) -> DownloadFailure {
        switch error.kind {
        case .cancelled: return DownloadFailure(.interrupted, "the service is stopping", .good)
        case .timeoutAfterSent: return DownloadFailure(.timeout, error.detail, .little)
        case .receive:
            // A server that says more than it has never gets further.
            let code: DownloadFailure.Code = sink.total == nil ? .network : .wrongLength
            return DownloadFailure(code, error.detail, sink.hasProgress ? .good : .little)
        case .badURL: return DownloadFailure(.badURL, error.detail)
        case .tooLarge, .badResponse: return DownloadFailure(.badAnswer, error.detail, .little)
        default: return DownloadFailure(.network, error.detail, .good)
        }
    }

    private func partialName(_ job: DownloadList.Job) -> String {
        let text = "\(source)\n\(job.origin.requestID)\n\(job.file.url)"
        return String(SHA256.digest(Array(text.utf8).span).hex.prefix(32))
    }
}
