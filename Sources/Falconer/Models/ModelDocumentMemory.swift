import FalQueue

/// The models' documents that were fetched, and what could not be had, for as long as asking again is not worth it.
struct ModelDocumentMemory: Sendable {
    /// How long a document is taken without asking for it anew: a day, microseconds.
    static let freshFor: Int64 = 24 * 3_600 * 1_000_000
    /// How long nobody is asked again after a failure: a minute, microseconds.
    static let failureFor: Int64 = 60 * 1_000_000
    /// The most models of which something is remembered; the oldest one makes room.
    static let modelsMax = 128

    /// A document, and the name it is kept under.
    struct Known: Sendable {
        let document: ModelDocument
        /// Its SHA-256, 64 lower-case digits.
        let digest: String
    }

    /// What is known of a model's document.
    enum Answer: Sendable {
        /// This is it.
        case known(Known)
        /// It could not be had a moment ago.
        case unavailable(ModelDocumentError)
        /// It is to be fetched.
        case ask
    }

    private struct Memory {
        var known: Known?
        var fetchedAt: Int64 = 0
        var failure: Failure?
        /// When something was learned of it last.
        var touchedAt: Int64
    }

    private struct Failure {
        let error: ModelDocumentError
        let at: Int64
    }

    private var models: [EndpointID: Memory] = [:]
    /// Why the site itself does not answer, whichever model it is asked about.
    private var siteFailure: Failure?

    /// Of how many models something is remembered.
    var count: Int { models.count }

    /// What is known of a model's document.
    ///
    /// - Parameters:
    ///   - endpoint: The model.
    ///   - now: The monotonic time, microseconds.
    /// - Returns: An old document too, while a new one cannot be had.
    func answer(_ endpoint: EndpointID, now: Int64) -> Answer {
        let memory = models[endpoint]
        if let memory, let known = memory.known, now - memory.fetchedAt < Self.freshFor { return .known(known) }
        let failures = [memory?.failure, siteFailure].compactMap { $0 }
        guard let failure = failures.first(where: { now - $0.at < Self.failureFor }) else { return .ask }
        return memory?.known.map { .known($0) } ?? .unavailable(failure.error)
    }

    /// Takes in what asking for a model's document came to.
    mutating func learn(_ result: Result<Known, ModelDocumentError>, of endpoint: EndpointID, now: Int64) {
        switch result {
        case .success(let known):
            siteFailure = nil
            models[endpoint] = Memory(known: known, fetchedAt: now, touchedAt: now)
        case .failure(let error):
            if case .transport = error {
                siteFailure = Failure(error: error, at: now)
                return
            }
            siteFailure = nil
            models[endpoint, default: Memory(touchedAt: now)].failure = Failure(error: error, at: now)
            models[endpoint]?.touchedAt = now
        }
        if models.count > Self.modelsMax, let oldest = models.min(by: { $0.value.touchedAt < $1.value.touchedAt }) {
            models[oldest.key] = nil
        }
    }
}
