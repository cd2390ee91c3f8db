import Crypto
import FalQueue
import HTTPClient
import Logging
import Threading

/// Checks inputs against the documents of models that are not built in, which it fetches and keeps.
final class ModelChecker: Sendable {
    /// How long connecting may take: a submission is not held up for long.
    static let connectTimeout: Duration = .seconds(3)
    /// How long all of a fetch may take.
    static let totalTimeout: Duration = .seconds(10)

    /// What a submission is by now, or why it must not be sent.
    typealias Checked = Result<SubmitCommand, SubmitCommand.Refusal>

    private struct State: Sendable {
        var memory = ModelDocumentMemory()
        /// How many submissions to a model wait for the thread that fetches: later ones go behind them.
        var waiting: [EndpointID: Int] = [:]
        var isStopped = false
    }

    private let client: HTTPClient
    private let documents: ModelDocuments
    private let folder: ModelDocumentFolder
    private let logger: Logger
    /// Where inputs are checked whose model's document is known.
    private let checking = CommandThread(name: "check input")
    /// Where documents are fetched, one at a time.
    private let fetching = CommandThread(name: "fetch model")
    private let state = Monitor(State())

    /// Prepares to fetch; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - site: Where the documents are.
    ///   - folder: Where they are kept.
    ///   - logger: Where failures are told.
    /// - Throws: `HTTPClientError` when the client cannot be made.
    init(site: QueueURL, folder: ModelDocumentFolder, logger: Logger) throws(HTTPClientError) {
        var options = HTTPClientOptions()
        options.connectTimeout = Self.connectTimeout
        options.totalTimeout = Self.totalTimeout
        options.responseBytesMax = ModelDocument.bytesMax
        client = try HTTPClient(options)
        documents = ModelDocuments(transport: client, site: site)
        self.folder = folder
        self.logger = logger
    }

    /// Breaks off what is under way; what waits has no answer and is not submitted.
    func stop() {
        state.withLock { $0.isStopped = true }
        client.cancel()
        checking.stop()
        fetching.stop()
    }

    /// Checks a submission on a thread of its own; those to one model keep their order.
    func check(_ command: SubmitCommand, completion: @escaping @Sendable (Checked) -> Void) {
        checking.perform { [self] in
            let endpoint = command.endpoint
            let answer = state.withLock { state -> ModelDocumentMemory.Answer in
                let answer = state.waiting[endpoint] == nil ? state.memory.answer(endpoint, now: monotonic()) : .ask
                if case .ask = answer { state.waiting[endpoint, default: 0] += 1 }
                return answer
            }
            guard case .ask = answer else {
                completion(Self.checked(command, answer))
                return
            }
            fetching.perform { [self] in
                let answer = fetched(endpoint)
                // Sent unchecked only where the document cannot be had, not because the service ends.
                if !state.withLock({ $0.isStopped }) { completion(Self.checked(command, answer)) }
                state.withLock { state in
                    let count = state.waiting[endpoint] ?? 1
                    state.waiting[endpoint] = count > 1 ? count - 1 : nil
                }
            }
        }
    }

    private static func checked(_ command: SubmitCommand, _ answer: ModelDocumentMemory.Answer) -> Checked {
        switch answer {
        case .known(let known):
            Result { () throws(SubmitCommand.Refusal) in try command.checked(against: known) }
        case .unavailable(let error): .success(command.unchecked(because: error))
        case .ask: .success(command)
        }
    }

    /// What is known of a model's document once it was asked for, where that is worth it.
    private func fetched(_ endpoint: EndpointID) -> ModelDocumentMemory.Answer {
        let answer = state.withLock { $0.memory.answer(endpoint, now: monotonic()) }
        guard case .ask = answer else { return answer }
        let result: Result<ModelDocumentMemory.Known, ModelDocumentError>
        do throws(ModelDocumentError) {
            let (document, bytes) = try documents.fetch(endpoint)
            let digest = SHA256.digest(bytes.span).hex
            folder.keep(bytes, digest)
            result = .success(ModelDocumentMemory.Known(document: document, digest: digest))
        } catch {
            logger.warning(
                "a model's document could not be had",
                metadata: ["endpoint": "\(endpoint)", "error": "\(error)"]
            )
            result = .failure(error)
        }
        return state.withLock { [result] state in
            state.memory.learn(result, of: endpoint, now: monotonic())
            return state.memory.answer(endpoint, now: monotonic())
        }
    }
}
